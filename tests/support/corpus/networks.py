"""Networks: cells, layers and activations of many kinds, with the gradients of each of their parts."""

from __future__ import annotations

from tests.support.corpus import LEARNING, Sheet

# fmt: off
SHEETS = {
    "xor two layers": Sheet({
        "XOR": """
            A1:F1 x1|x2|y|h1|h2|out
            A2:C5 0|0|0|0|1|1|1|0|1|1|1|0
            D2:E5 =1/(1+EXP(-($A2*M$2+$B2*M$3+M$4)))
            F2:F5 =1/(1+EXP(-(D2*$M$7+E2*$M$8+$M$9)))
            G1:K1 SE|dout|dh1|dh2|
            G2:G5 =(F2-C2)^2/2
            H2:H5 =(F2-C2)*F2*(1-F2)
            I2:I5 =H2*$M$7*D2*(1-D2)
            J2:J5 =H2*$M$8*E2*(1-E2)
            L1:N1 weights|h1|h2
            L2:L4 from x1|from x2|bias
            M2:N4 0.5|-0.4|0.9|1.1|-0.3|0.2
            L6:M6 weights|out
            L7:L9 from h1|from h2|bias
            M7:M9 1.2|-0.7|0.1
            G6 =SUM(G2:G5)
            F6 total error
            P1:R1 gradient|h1|h2
            P2:P4 from x1|from x2|bias
            Q2:R2 =SUMPRODUCT($A$2:$A$5,I2:I5)
            Q3:R3 =SUMPRODUCT($B$2:$B$5,I2:I5)
            Q4:R4 =SUM(I2:I5)
            P6:Q6 gradient|out
            P7:P9 from h1|from h2|bias
            Q7 =SUMPRODUCT(D2:D5,H2:H5)
            Q8 =SUMPRODUCT(E2:E5,H2:H5)
            Q9 =SUM(H2:H5)
        """,
    }, 21, (
        ({"J4": "=H4*$M$7*E4*(1-E4)"}, ""),
        ({"H3": "=(F3-C3)*F3*(1+F3)"}, ""),
        ({"Q8": "=SUMPRODUCT(D2:D5,H2:H5)"}, ""),
    )),
    "rnn two steps": Sheet({
        "RNN": """
            A1:A6 wx|wh|wy|b|x1|x2
            B1:B6 0.7|0.3|-1.1|0.05|0.5|-1.2
            A7:B7 target|0.4
            D1:D6 a1|h1|a2|h2|y|E
            E1 =B1*B5+B4
            E2 =TANH(E1)
            E3 =B1*B6+B2*E2+B4
            E4 =TANH(E3)
            E5 =B3*E4
            E6 =0.5*(E5-B7)^2
            G1:G9 dE/dy|dE/dh2|dE/da2|dE/dh1|dE/da1|dE/dwy|dE/dwh|dE/dwx|dE/db
            H1 =E5-B7
            H2 =H1*B3
            H3 =H2*(1-E4^2)
            H4 =H3*B2
            H5 =H4*(1-E2^2)
            H6 =H1*E4
            H7 =H3*E2
            H8 =H3*B6+H5*B5
            H9 =H3+H5
        """,
    }, 9, (
        ({"H8": "=H3*B5+H5*B6"}, ""),
        ({"H9": "=H3"}, ""),
        ({"H5": "=H4*(1-E4^2)"}, ""),
        ({"E3": "=B1*B5+B2*E2+B4"}, ""),
    )),
    "conv maxpool": Sheet({
        "1D CNN": """
            A1:G1 signal|0.2|-0.5|1.1|0.7|-0.3|0.9
            A2:D2 kernel|0.6|-0.8|0.3
            A3:B3 bias|0.1
            A5 conv
            B5:E5 =SUMPRODUCT(B1:D1,$B$2:$D$2)+$B$3
            A6 relu
            B6:E6 =MAX(0,B5)
            A7 pooled
            B7 =MAX(B6:C6)
            D7 =MAX(D6:E6)
            A8:D8 out weights|1.5||-0.9
            A9 out
            B9 =B7*B8+D7*D8
            A10:B10 t|0.25
            A11 L
            B11 =(B9-B10)^2
            A13 dL/dout
            B13 =2*(B9-B10)
            A14 dL/dpool
            B14 =$B$13*B8
            D14 =$B$13*D8
            A15 dL/drelu
            B15 =IF(B6=$B$7,$B$14,0)
            C15 =IF(C6=$B$7,$B$14,0)
            D15 =IF(D6=$D$7,$D$14,0)
            E15 =IF(E6=$D$7,$D$14,0)
            A16 dL/dconv
            B16:E16 =IF(B5>0,B15,0)
            A17 dL/dkernel
            B17 =SUMPRODUCT(B16:E16,B1:E1)
            C17 =SUMPRODUCT(B16:E16,C1:F1)
            D17 =SUMPRODUCT(B16:E16,D1:G1)
            A18 dL/dbias
            B18 =SUM(B16:E16)
        """,
    }, 15, (
        ({"C17": "=SUMPRODUCT(B16:E16,B1:E1)"}, ""),
        ({"D15": "=IF(D6=$D$7,$B$14,0)"}, ""),
        ({"C16": "=IF(C5>0,1,0)"}, ""),
    )),
    "attention": Sheet({
        "Attention": """
            A1:C1 q|0.3|-0.7
            A2:C2 k1|1.1|0.2
            A3:C3 k2|-0.4|0.9
            A4:C4 v1|0.5|1
            A5:C5 v2|-1|0.25
            A6:C6 target|0.1|0.3
            E1:E5 s1|s2|a1|a2|
            F1 =SUMPRODUCT(B1:C1,B2:C2)/SQRT(2)
            F2 =SUMPRODUCT(B1:C1,B3:C3)/SQRT(2)
            F3 =EXP(F1)/(EXP(F1)+EXP(F2))
            F4 =EXP(F2)/(EXP(F1)+EXP(F2))
            E6 o
            F6:G6 =$F$3*B4+$F$4*B5
            E7 loss
            F7 =0.5*((F6-B6)^2+(G6-C6)^2)
            I1 dloss/do
            J1:K1 =F6-B6
            I2 dloss/da1
            J2 =SUMPRODUCT(J1:K1,B4:C4)
            I3 dloss/da2
            J3 =SUMPRODUCT(J1:K1,B5:C5)
            I4 dloss/ds1
            J4 =F3*(1-F3)*J2-F3*F4*J3
            I5 dloss/ds2
            J5 =F4*(1-F4)*J3-F3*F4*J2
            I6 dloss/dq
            J6:K6 =($J$4*B2+$J$5*B3)/SQRT(2)
            I7 dloss/dk1
            J7:K7 =$J$4*B1/SQRT(2)
            I8 dloss/dk2
            J8:K8 =$J$5*B1/SQRT(2)
            I9 dloss/dv1
            J9:K9 =$F$3*J1
            I10 dloss/dv2
            J10:K10 =$F$4*J1
        """,
    }, 16, (
        ({"J4": "=F3*(1-F3)*J2+F3*F4*J3"}, ""),
        ({"K8": "=$J$4*C1/SQRT(2)"}, ""),
        ({"J6": "=($J$4*B2+$J$5*B3)/2", "K6": "=($J$4*C2+$J$5*C3)/2"}, ""),
    )),
    "lstm": Sheet({
        "LSTM cell": """
            A1:C1 gate|w|u
            A2:A5 f|i|g|o
            B2:C5 0.5|0.1|-0.3|0.8|0.9|-0.2|0.4|0.6
            A7:B9 x|0.7|h prev|-0.4|c prev|0.2
            A10:B10 y|0.35
            E1 pre
            E2:E5 =B2*$B$7+C2*$B$8
            F1 act
            F2 =1/(1+EXP(-E2))
            F3 =1/(1+EXP(-E3))
            F4 =TANH(E4)
            F5 =1/(1+EXP(-E5))
            A12:A14 c|h|cost
            B12 =F2*B9+F3*F4
            B13 =F5*TANH(B12)
            B14 =(B13-B10)^2/2
            H1:I1 d cost / d act|d cost / d pre
            A16 dcost/dh
            B16 =B13-B10
            A17 dcost/dc
            B17 =B16*F5*(1-TANH(B12)^2)
            H2 =B17*B9
            H3 =B17*F4
            H4 =B17*F3
            H5 =B16*TANH(B12)
            I2 =H2*F2*(1-F2)
            I3 =H3*F3*(1-F3)
            I4 =H4*(1-F4^2)
            I5 =H5*F5*(1-F5)
            J1:K1 d cost / d w|d cost / d u
            J2:J5 =I2*$B$7
            K2:K5 =I2*$B$8
        """,
    }, 18, (
        ({"I4": "=H4*F4*(1-F4)"}, "", "F4"),
        ({"H3": "=B17*F3"}, ""),
        ({"K4": "=I4*$B$9"}, ""),
    )),
    "batchnorm": Sheet({
        "BN": """
            A1:B1 gamma|1.3
            A2:B2 beta|-0.2
            A3:B3 eps|0.00001
            A5:F5 x|x hat|y|target|dy|dx
            A6:A9 0.5|-1.2|2.1|0.3
            D6:D9 0.2|0.4|1|-0.5
            H5:H6 mean|var
            I5 =AVERAGE(A6:A9)
            I6 =AVERAGE(J6:J9)
            J5 dev2
            J6:J9 =(A6-$I$5)^2
            B6:B9 =(A6-$I$5)/SQRT($I$6+$B$3)
            C6:C9 =$B$1*B6+$B$2
            A11 MSE
            B11 =SUMXMY2(C6:C9,D6:D9)/4
            E6:E9 =2*(C6-D6)/4
            F6:F9 =$B$1/SQRT($I$6+$B$3)*(E6-AVERAGE($E$6:$E$9)-B6*SUMPRODUCT($E$6:$E$9,$B$6:$B$9)/4)
            A12 dMSE/dgamma
            B12 =SUMPRODUCT(E6:E9,B6:B9)
            A13 dMSE/dbeta
            B13 =SUM(E6:E9)
        """,
    }, 10, (
        ({"B12": "=SUMPRODUCT(E6:E9,A6:A9)"}, ""),
        ({"B13": "=AVERAGE(E6:E9)"}, ""),
    )),
    "word2vec": Sheet({
        "SGNS": """
            A1:D1 centre|0.2|-0.1|0.4
            A2:D2 context|0.3|0.5|-0.2
            A3:D3 neg 1|-0.6|0.1|0.2
            A4:D4 neg 2|0.7|-0.3|0.9
            F1:H1 score|sigma|err
            F2:F4 =SUMPRODUCT($B$1:$D$1,B2:D2)
            G2:G4 =1/(1+EXP(-F2))
            H2 =G2-1
            H3:H4 =G3
            A6 loss
            B6 =-LN(G2)-LN(1-G3)-LN(1-G4)
            A8 dloss/dcentre
            B8:D8 =$H$2*B2+$H$3*B3+$H$4*B4
            A9 dloss/dcontext
            B9:D9 =$H$2*B$1
            A10 dloss/dneg1
            B10:D10 =$H$3*B$1
            A11 dloss/dneg2
            B11:D11 =$H$4*B$1
        """,
    }, 12, (
        ({"C8": "=$H$2*C2+$H$3*C3-$H$4*C4"}, ""),
        ({"H3": "=G3-1"}, ""),
    )),
    "autoencoder": Sheet({
        "AE": """
            A1:D1 x|0.9|0.1|0.5
            A3:D3 encoder|0.2|-0.4|0.6
            A4:D4 |0.7|0.3|-0.1
            A6:C6 code|code1|code2
            B7 =TANH(SUMPRODUCT(B1:D1,B3:D3))
            C7 =TANH(SUMPRODUCT(B1:D1,B4:D4))
            A9:D9 decoder 1|0.5|-0.2|0.8
            A10:D10 decoder 2|-0.3|0.4|0.1
            A12 x hat
            B12:D12 =$B$7*B9+$C$7*B10
            A13 loss
            B13 =SUMXMY2(B1:D1,B12:D12)
            A15 dloss/dxhat
            B15:D15 =2*(B12-B1)
            A16 dloss/ddecoder 1
            B16:D16 =$B$7*B15
            A17 dloss/ddecoder 2
            B17:D17 =$C$7*B15
            A18 dloss/dcode
            B18 =SUMPRODUCT(B15:D15,B9:D9)
            C18 =SUMPRODUCT(B15:D15,B10:D10)
            A19 dloss/dencoder
            B19:D19 =$B$18*(1-$B$7^2)*B$1
            B20:D20 =$C$18*(1-$C$7^2)*B$1
        """,
    }, 17, (
        ({"C17": "=$B$7*C15"}, ""),
        ({"C18": "=SUMPRODUCT(B15:D15,B9:D9)"}, ""),
        ({"D19": "=$B$18*(1-$B$7)*D$1"}, ""),
    )),
    "gelu swish": Sheet({
        "Act": """
            A1:B4 w|0.6|v|-1.2|x|0.9|t|0.15
            A6 z
            B6 =B1*B3
            A7 swish
            B7 =B6/(1+EXP(-B6))
            A8 u
            B8 =B2*B7
            A9 gelu
            D9 tanh
            E9 =TANH(SQRT(2/PI())*(B8+0.044715*B8^3))
            B9 =0.5*B8*(1+E9)
            A10 loss
            B10 =ABS(B9-B4)
            D1 dloss/dgelu
            E1 =SIGN(B9-B4)
            D2 dloss/du
            E2 =E1*(0.5*(1+E9)+0.5*B8*(1-E9^2)*SQRT(2/PI())*(1+3*0.044715*B8^2))
            D3 dloss/dv
            E3 =E2*B7
            D4 dloss/dswish
            E4 =E2*B2
            D5 dloss/dz
            E5 =E4*(1/(1+EXP(-B6))+B7*(1-1/(1+EXP(-B6))))
            D6 dloss/dw
            E6 =E5*B3
            D7 dloss/dx
            E7 =E5*B1
        """,
    }, 7, (
        ({"E5": "=E4*(1/(1+EXP(-B6))*(1-1/(1+EXP(-B6))))"}, ""),
        ({"E3": "=E2*B6"}, ""),
        ({"E7": "=E5*B3"}, ""),
    )),
    "let and lambda": Sheet({
        "Modern": """
            A1:B4 w|0.8|b|-0.1|x|1.5|y|0.2
            A6 loss
            B6 =LET(z,B1*B3+B2,s,1/(1+EXP(-z)),(s-B4)^2)
            A7 dloss/dw
            B7 =LET(z,B1*B3+B2,s,1/(1+EXP(-z)),2*(s-B4)*s*(1-s)*B3)
            A8 dloss/db
            B8 =LET(z,B1*B3+B2,s,1/(1+EXP(-z)),2*(s-B4)*s*(1-s))
        """,
    }, 2, (
        ({"B7": "=LET(z,B1*B3+B2,s,1/(1+EXP(-z)),2*(s-B4)*s*(1-s)*B1)"}, ""),
        ({"B8": "=LET(z,B1*B3+B2,s,1/(1+EXP(-z)),(s-B4)*s*(1-s))"}, ""),
    )),
    "error signal": Sheet({
        "Backprop by hand": """
            A1 Inputs
            B1:C1 0.05|0.10
            A2 Hidden weights
            B2:E2 0.15|0.20|0.25|0.30
            A3 Hidden bias
            B3 0.35
            A4 Output weights
            B4:E4 0.40|0.45|0.50|0.55
            A5 Output bias
            B5 0.60
            A6 Targets
            B6:C6 0.01|0.99
            A8:C8 net h|=B2*B1+C2*C1+B3|=D2*B1+E2*C1+B3
            A9:C9 out h|=1/(1+EXP(-B8))|=1/(1+EXP(-C8))
            A10:C10 net o|=B4*B9+C4*C9+B5|=D4*B9+E4*C9+B5
            A11:C11 out o|=1/(1+EXP(-B10))|=1/(1+EXP(-C10))
            A12:B12 Etotal|=0.5*(B6-B11)^2+0.5*(C6-C11)^2
            A14:C14 delta o|=(B11-B6)*B11*(1-B11)|=(C11-C6)*C11*(1-C11)
            A15:C15 delta h|=(B14*B4+C14*D4)*B9*(1-B9)|=(B14*C4+C14*E4)*C9*(1-C9)
            A16:E16 grad output weights|=B14*B9|=B14*C9|=C14*B9|=C14*C9
            A17:E17 grad hidden weights|=B15*B1|=B15*C1|=C15*B1|=C15*C1
        """,
    }, 8, (
        ({"C15": "=(B14*C4+C14*D4)*C9*(1-C9)"}, ""),
        ({"D16": "=C14*C9"}, ""),
        ({"B14": "=(B11-B6)*B11"}, ""),
        ({"C10": "=D4*B9+E4*B9+B5"}, ""),
    )),
    "delta rule german": Sheet({
        "Netz": """
            A1:B1 Lernrate|0.3
            A3:D3 Eingabe 1|Eingabe 2|Soll|Ist
            A4:D4 0.9|-0.4|0.7|
            A6:B8 Gewicht 1|0.2|Gewicht 2|-0.5|Schwelle|0.1
            D4 =1/(1+EXP(-(A4*B6+B4*B7+B8)))
            F3 Fehler
            F4 =0.5*(C4-D4)^2
            A10 Delta
            B10 =-(C4-D4)*D4*(1-D4)
            A11:A13 Gradient Gewicht 1|Gradient Gewicht 2|Gradient Schwelle
            B11 =B10*A4
            B12 =B10*B4
            B13 =B10
            A15:A17 neu Gewicht 1|neu Gewicht 2|neu Schwelle
            B15:B17 =B6-$B$1*B11
        """,
    }, 3, (
        ({"B12": "=B10*A4"}, ""),
        ({"B10": "=(C4-D4)*D4*(1-D4)"}, ""),
        ({"B17": "=B8-$B$1*B12"}, LEARNING),
    )),
    "dropout mask": Sheet({
        "Dropout": """
            A1:D1 w1|0.4|-0.6|0.2
            A2:D2 mask|1|0|1
            A3:D3 x|0.5|0.9|-1.1
            A4:D4 v|0.7|0.1|-0.8
            A5:D5 h|=MAX(0,B1*B3)*B2/0.5|=MAX(0,C1*C3)*C2/0.5|=MAX(0,D1*D3)*D2/0.5
            A6:B6 out|=SUMPRODUCT(B5:D5,B4:D4)
            A7:B7 target|0.3
            A8:B8 squared error|=(B6-B7)^2
            A10:B10 d(squared error)/d(out)|=2*(B6-B7)
            A11:D11 d(squared error)/d(v)|=$B$10*B5|=$B$10*C5|=$B$10*D5
            A12:D12 d(squared error)/d(h)|=$B$10*B4|=$B$10*C4|=$B$10*D4
            A13:D13 d(squared error)/d(w1)|=B12*B2/0.5*(B1*B3>0)*B3|=C12*C2/0.5*(C1*C3>0)*C3|=D12*D2/0.5*(D1*D3>0)*D3
        """,
    }, 10, (
        ({"D13": "=D12*D2*(D1*D3>0)*D3"}, ""),
        ({"C12": "=$B$10*B4"}, ""),
        ({"B11": "=$B$10*B4"}, ""),
    )),
    "residual block": Sheet({
        "ResNet": """
            A1:B4 x|0.8|w1|1.2|w2|-0.7|t|0.4
            A6:B6 h|=TANH(B2*B1)
            A7:B7 f|=B3*B6
            A8:B8 y|=B1+B7
            A9:B9 J|=0.5*(B8-B4)^2
            D1:E1 ∂J/∂y|=B8-B4
            D2:E2 ∂J/∂f|=E1
            D3:E3 ∂J/∂w2|=E2*B6
            D4:E4 ∂J/∂h|=E2*B3
            D5:E5 ∂J/∂w1|=E4*(1-B6^2)*B1
            D6:E6 ∂J/∂x|=E1+E4*(1-B6^2)*B2
        """,
    }, 6, (
        ({"E6": "=E4*(1-B6^2)*B2"}, ""),
        ({"E5": "=E4*(1-B6^2)*B2"}, ""),
    )),
    "embedding lookup": Sheet({
        "Embeddings": """
            A1:C1 token|e1|e2
            A2:C5 0|0.1|0.2|1|-0.3|0.4|2|0.5|-0.6|3|0.7|0.8
            E1:F1 sequence|position
            E2:E3 2|1
            G1:H1 e1 used|e2 used
            G2:G3 =VLOOKUP($E2,$A$2:$C$5,2,FALSE)
            H2:H3 =VLOOKUP($E2,$A$2:$C$5,3,FALSE)
            J1:K1 u1|u2
            J2:K2 0.9|-1.1
            E5:F5 score|=SUMPRODUCT((G2:G3+0)*J2)+SUMPRODUCT((H2:H3+0)*K2)
            E6:F6 loss|=(F5-1)^2
            E8:F8 dloss/dscore|=2*(F5-1)
            E9:F9 dloss/du1|=F8*SUM(G2:G3)
            E10:F10 dloss/du2|=F8*SUM(H2:H3)
            L1:M1 dloss/de1|dloss/de2
            L2:L5 =COUNTIF($E$2:$E$3,$A2)*$F$8*$J$2
            M2:M5 =COUNTIF($E$2:$E$3,$A2)*$F$8*$K$2
        """,
    }, 11, (
        ({"M4": "=COUNTIF($E$2:$E$3,$A4)*$F$8*$J$2"}, ""),
        ({"F10": "=F8*SUM(G2:G3)"}, ""),
    )),
    "chain of ratios": Sheet({
        "Local derivatives": """
            A1:B3 a|2|b|-3|c|10
            A4:B4 f|-2
            A6:B6 e = a*b|=B1*B2
            A7:B7 d = e+c|=B6+B3
            A8:B8 L = d*f|=B7*B4
            D1:E1 dL/dL|1
            D2:E2 dL/df|=B7
            D3:E3 dL/dd|=B4
            D4:E4 dL/dc|=E3*1
            D5:E5 dL/de|=E3*1
            D6:E6 dL/da|=E5*B2
            D7:E7 dL/db|=E5*B1
        """,
    }, 7, (
        ({"E7": "=E5*B2"}, ""),
        ({"E4": "=E3*B3"}, ""),
    )),
}
