"""Trainings: a step in a row, in a column, on a sheet of its own; momentum, Adam, Nesterov."""

from __future__ import annotations

from tests.support.corpus import LEARNING, Sheet

# fmt: off
SHEETS = {
    "momentum rows": Sheet({
        "Sheet1": """
            A1:B3 eta|0.1|beta|0.9|target|3
            A5:F5 step|theta|f(theta)|df/dtheta|velocity|next theta
            A6:A10 0|1|2|3|4
            B6 0
            C6:C10 =(B6-$B$3)^2+0.1*B6^4
            D6:D10 =2*(B6-$B$3)+0.4*B6^3
            E6 =D6
            E7:E10 =$B$2*E6+D7
            F6:F10 =B6-$B$1*E6
            B7:B10 =F6
        """,
    }, 5, (
        ({"D8": "=2*(B8-$B$3)+0.4*B8^2"}, ""),
        ({"E9": "=$B$2*E7+D9"}, LEARNING),
        ({"F8": "=B8-$B$2*E8"}, LEARNING),
    )),
    "adam rows": Sheet({
        "Adam": """
            A1:B5 lr|0.02|b1|0.9|b2|0.999|eps|1e-8|x|2
            D1 y
            E1 5
            A7:I7 t|w|loss|grad w|m|v|m hat|v hat|w new
            A8:A12 1|2|3|4|5
            B8 0.5
            C8:C12 =(B8*$B$5-$E$1)^2
            D8:D12 =2*(B8*$B$5-$E$1)*$B$5
            E8 =(1-$B$2)*D8
            F8 =(1-$B$3)*D8^2
            E9:E12 =$B$2*E8+(1-$B$2)*D9
            F9:F12 =$B$3*F8+(1-$B$3)*D9^2
            G8:G12 =E8/(1-$B$2^A8)
            H8:H12 =F8/(1-$B$3^A8)
            I8:I12 =B8-$B$1*G8/(SQRT(H8)+$B$4)
            B9:B12 =I8
        """,
    }, 5, (
        ({"D10": "=2*(B10*$B$5-$E$1)"}, ""),
        ({"F10": "=$B$3*F9+(1-$B$2)*D10^2"}, LEARNING),
        ({"G11": "=E11/(1-$B$3^A11)"}, LEARNING),
    )),
    "three sheets": Sheet({
        "Params": """
            A1:B4 w1|0.3|w2|-0.5|b|0.7|lr|0.1
        """,
        "Forward": """
            A1:C1 x1|x2|t
            A2:C2 1.5|-2|0.5
            A4 net
            B4 =Params!B1*A2+Params!B2*B2+Params!B3
            A5 y
            B5 =1/(1+EXP(-B4))
            A6 loss
            B6 =-(C2*LN(B5)+(1-C2)*LN(1-B5))
        """,
        "Backward": """
            A1 dloss/dnet
            B1 =Forward!B5-Forward!C2
            A2 dloss/dw1
            B2 =B1*Forward!A2
            A3 dloss/dw2
            B3 =B1*Forward!B2
            A4 dloss/db
            B4 =B1
            A6 new w1
            B6 =Params!B1-Params!$B$4*B2
            A7 new w2
            B7 =Params!B2-Params!$B$4*B3
            A8 new b
            B8 =Params!B3-Params!$B$4*B4
        """,
    }, 4, (
        ({"Backward!B3": "=B1*Forward!A2"}, ""),
        ({"Backward!B7": "=Params!B2-Params!$B$4*B2"}, LEARNING),
        ({"Backward!B8": "=Params!B3+Params!$B$4*B4"}, LEARNING),
    )),
    "epochs of examples": Sheet({
        "Training": """
            A1:B2 rate|0.2|examples|3
            A4:H4 x|y|w|b|out|error|dE/dw|dE/db
            A5:B10 1|0|2|1|3|1|1|0|2|1|3|1
            C5:D5 0.1|-0.3
            C6:D10 =C5-$B$1*G5
            E5:E10 =1/(1+EXP(-(C5*A5+D5)))
            F5:F10 =0.5*(E5-B5)^2
            G5:G10 =(E5-B5)*E5*(1-E5)*A5
            H5:H10 =(E5-B5)*E5*(1-E5)
        """,
    }, 12, (
        ({"G8": "=(E8-B8)*E8*(1-E8)*B8"}, ""),
        ({"C8": "=C7-0.2*G7"}, LEARNING),
        ({"D7": "=D6-$B$1*G6"}, LEARNING),
    )),
    "inline updates": Sheet({
        "GD": """
            A1:B2 alpha|0.05|n|4
            A4:C4 x|y|
            A5:B8 1|2.1|2|3.9|3|6.2|4|7.8
            E4:H4 epoch|w|b|cost
            E5:E9 0|1|2|3|4
            F5:G5 0|0
            H5:H9 =SUMPRODUCT(($F5*$A$5:$A$8+$G5-$B$5:$B$8)^2)/(2*$B$2)
            F6:F9 =F5-$B$1*SUMPRODUCT($F5*$A$5:$A$8+$G5-$B$5:$B$8,$A$5:$A$8)/$B$2
            G6:G9 =G5-$B$1*SUMPRODUCT($F5*$A$5:$A$8+$G5-$B$5:$B$8)/$B$2
        """,
    }, 8, (
        ({"F8": "=F7-$B$1*SUMPRODUCT($F7*$A$5:$A$8+$G7-$B$5:$B$8,$A$5:$A$8)"}, ""),
        ({"G7": "=G6-$B$1*SUMPRODUCT($F6*$A$5:$A$8+$G5-$B$5:$B$8)/$B$2"}, ""),
        ({"F9": "=F8+$B$1*SUMPRODUCT($F8*$A$5:$A$8+$G8-$B$5:$B$8,$A$5:$A$8)/$B$2"}, ""),
    )),
    "vertical training two params": Sheet({
        "Perceptron GD": """
            A1:B1 lr|0.4
            D1:F1 x1|x2|t
            D2:F5 0|0|0|0|1|1|1|0|1|1|1|1
            A7:A10 w1|w2|theta|
            B6:G6 epoch 0|epoch 1|epoch 2|epoch 3|epoch 4|epoch 5
            B7:B9 0.1|0.2|-0.3
            A11:A14 y(1)|y(2)|y(3)|y(4)
            B11:G14 =1/(1+EXP(-(B$7*$D2+B$8*$E2+B$9)))
            A15 SSE
            B15:G15 =SUMXMY2(B11:B14,$F$2:$F$5)
            A17:A19 dSSE/dw1|dSSE/dw2|dSSE/dtheta
            B17:G17 =2*SUMPRODUCT(B$11:B$14-$F$2:$F$5,B$11:B$14*(1-B$11:B$14),$D$2:$D$5)
            B18:G18 =2*SUMPRODUCT(B$11:B$14-$F$2:$F$5,B$11:B$14*(1-B$11:B$14),$E$2:$E$5)
            B19:G19 =2*SUMPRODUCT(B$11:B$14-$F$2:$F$5,B$11:B$14*(1-B$11:B$14))
            C7:G9 =B7-$B$1*B17
        """,
    }, 18, (
        ({"D18": "=2*SUMPRODUCT(D$11:D$14-$F$2:$F$5,D$11:D$14*(1-D$11:D$14),$D$2:$D$5)"}, ""),
        ({"E17": "=SUMPRODUCT(E$11:E$14-$F$2:$F$5,E$11:E$14*(1-E$11:E$14),$D$2:$D$5)"}, ""),
        ({"E8": "=D8-$B$1*D17"}, LEARNING),
        ({"D13": "=1/(1+EXP(-(D$7*$D4+D$8*$E4)))"}, ""),
    )),
    "nesterov": Sheet({
        "NAG": """
            A1:B2 rate|0.1|mu|0.8
            A4:F4 k|w|lookahead|gradient at lookahead|v|loss
            A5:A9 0|1|2|3|4
            B5 2
            E4 v
            C5:C9 =B5-$B$2*G5
            G4 v before
            G5 0
            G6:G9 =E5
            D5:D9 =4*C5^3-2*C5
            E5:E9 =$B$2*G5+$B$1*D5
            B6:B9 =B5-E5
            F5:F9 =C5^4-C5^2
        """,
    }, 5, (
        ({"D7": "=4*C7^2-2*C7"}, ""),
        ({"E7": "=$B$2*G7-$B$1*D7"}, LEARNING),
    )),
    "learning curve extras": Sheet({
        "Model": """
            A1:B2 w|0.3|lr|0.1
            A4:G4 #|x|y|pred|err|grad|w after
            A5:C9 1|1|2|2|2|4|3|3|6|4|1.5|3|5|2.5|5
            D5 =B1*B5
            D6:D9 =G5*B6
            E5:E9 =(D5-C5)^2
            F5:F9 =2*(D5-C5)*B5
            G5 =B1-$B$2*F5
            G6:G9 =G5-$B$2*F6
            A11 mean of errors
            E11 =AVERAGE(E5:E9)
            A12 RMSE
            E12 =SQRT(E11)
        """,
    }, 5, (
        ({"F7": "=2*(D7-C7)*C7"}, ""),
        ({"G8": "=G6-$B$2*F8"}, LEARNING),
        ({"F8": "=(D8-C8)*B8"}, ""),
    )),
    "one sheet per step": Sheet({
        "Step 1": """
            A1:B3 w|0.5|b|0.1|lr|0.2
            A4:B5 x|1.5|y|0.8
            A7:B7 z|=B1*B4+B2
            A8:B8 a|=TANH(B7)
            A9:B9 loss|=(B8-B5)^2
            A11:B11 dloss/dw|=2*(B8-B5)*(1-B8^2)*B4
            A12:B12 dloss/db|=2*(B8-B5)*(1-B8^2)
            A14:B14 new w|=B1-B3*B11
            A15:B15 new b|=B2-B3*B12
        """,
        "Step 2": """
            A1:B1 w|='Step 1'!B14
            A2:B2 b|='Step 1'!B15
            A3:B3 lr|='Step 1'!B3
            A4:B4 x|='Step 1'!B4
            A5:B5 y|='Step 1'!B5
            A7:B7 z|=B1*B4+B2
            A8:B8 a|=TANH(B7)
            A9:B9 loss|=(B8-B5)^2
            A11:B11 dloss/dw|=2*(B8-B5)*(1-B8^2)*B4
            A12:B12 dloss/db|=2*(B8-B5)*(1-B8^2)
            A14:B14 new w|=B1-B3*B11
            A15:B15 new b|=B2-B3*B12
        """,
    }, 4, (
        ({"Step 2!B11": "=2*(B8-B5)*(1-B8)*B4"}, ""),
        ({"Step 2!B14": "=B1-B3*B12"}, LEARNING),
    )),
}
