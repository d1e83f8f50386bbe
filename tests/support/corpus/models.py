"""Models of statistics and of courses: regressions, classifiers, ratings, a bandit, the risk of a portfolio."""

from __future__ import annotations

from tests.support.corpus import LEARNING, Sheet

# fmt: off
SHEETS = {
    "softmax batch": Sheet({
        "Softmax regression": """
            A1 Iris, three flowers
            A2:H2 x1|x2|class|z1|z2|z3||
            A3:C6 5.1|1.4|1|6.2|4.5|2|7.1|5.9|3|4.9|1.3|1
            P2:R2 class 1|class 2|class 3
            O3:O5 w for x1|w for x2|bias
            P3:R5 0.1|-0.2|0.05|0.3|0.15|-0.1|0.02|0.01|-0.03
            D3:F6 =$A3*P$3+$B3*P$4+P$5
            G2:I2 p1|p2|p3
            G3:I6 =EXP(D3)/SUM(EXP($D3),EXP($E3),EXP($F3))
            J2 loss
            J3:J6 =-LN(INDEX(G3:I3,$C3))
            J7 =AVERAGE(J3:J6)
            I7 mean loss
            K2:M2 p1-y1|p2-y2|p3-y3
            K3:M6 =G3-IF($C3=COLUMN()-10,1,0)
            O8 gradients of the mean loss
            P8:R8 class 1|class 2|class 3
            O9:O11 dL/dw x1|dL/dw x2|dL/db
            P9:R9 =SUMPRODUCT($A$3:$A$6,K$3:K$6)/4
            P10:R10 =SUMPRODUCT($B$3:$B$6,K$3:K$6)/4
            P11:R11 =AVERAGE(K$3:K$6)
        """,
    }, 9, (
        ({"Q10": "=SUMPRODUCT($A$3:$A$6,L$3:L$6)/4"}, ""),
        ({"R11": "=SUM(M$3:M$6)"}, ""),
        ({"E5": "=$A5*Q$3+$B4*Q$4+Q$5"}, ""),
    )),
    "ridge logistic": Sheet({
        "Model": """
            A1:B4 w1|0.4|w2|-0.6|b|0.2|lambda|0.05
            D1:H1 x1|x2|y|p|loss
            D2:F6 1|2|1|-1|0.5|0|0.3|-1|0|2|1|1|-0.5|-2|1
            G2:G6 =1/(1+EXP(-($B$1*D2+$B$2*E2+$B$3)))
            H2:H6 =-(F2*LN(G2)+(1-F2)*LN(1-G2))
            D8 J
            E8 =AVERAGE(H2:H6)+$B$4/2*(B1^2+B2^2)
            D9:D11 dJ/dw1|dJ/dw2|dJ/db
            E9 =SUMPRODUCT(G2:G6-F2:F6,D2:D6)/5+B4*B1
            E10 =SUMPRODUCT(G2:G6-F2:F6,E2:E6)/5+B4*B2
            E11 =SUMPRODUCT(G2:G6-F2:F6,1+0*D2:D6)/5
        """,
    }, 3, (
        ({"E10": "=SUMPRODUCT(G2:G6-F2:F6,E2:E6)/5+B4*B1"}, ""),
        ({"E9": "=SUMPRODUCT(G2:G6-F2:F6,D2:D6)/5+2*B4*B1"}, ""),
        ({"H4": "=-(F4*LN(G4)+(1-F4)*LN(1-G3))"}, ""),
    )),
    "huber": Sheet({
        "Robust": """
            A1:B3 slope|1.4|intercept|0.3|delta|1
            A5:E5 x|y|prediction|residual|Huber loss
            A6:B10 0|0.5|1|1.2|2|6.9|3|4.4|4|2.1
            C6:C10 =$B$1*A6+$B$2
            D6:D10 =C6-B6
            E6:E10 =IF(ABS(D6)<=$B$3,0.5*D6^2,$B$3*(ABS(D6)-0.5*$B$3))
            E11 =SUM(E6:E10)
            D11 total loss
            F5:H5 dloss/dpred|contribution slope|contribution intercept
            F6:F10 =IF(ABS(D6)<=$B$3,D6,$B$3*SIGN(D6))
            G6:G10 =F6*A6
            H6:H10 =F6
            D12:D13 d total/d slope|d total/d intercept
            E12 =SUM(G6:G10)
            E13 =SUM(H6:H10)
        """,
    }, 2, (
        ({"F8": "=IF(ABS(D8)<=$B$3,D8,$B$3)"}, ""),
        ({"G9": "=F9*B9"}, ""),
    )),
    "recommender": Sheet({
        "Ratings": """
            A1 users x movies, dot product of two factors
            C2:D2 movie A|movie B
            A3:A5 ann|bob|eve
            C3:D5 4|2|3.5|1|5|3
            F2:G2 u1|u2
            F3:G5 0.9|0.2|0.6|0.7|1.1|0.4
            I2:J2 movie A|movie B
            H3:H4 m1|m2
            I3:J4 1.2|0.4|0.8|0.9
            L2:M2 predicted A|predicted B
            L3:M5 =$F3*I$3+$G3*I$4
            O2:P2 error A|error B
            O3:P5 =L3-C3
            A8 SSE
            B8 =SUMSQ(O3:P5)
            F7:G7 dSSE/du1|dSSE/du2
            F8:F10 =2*(O3*$I$3+P3*$J$3)
            G8:G10 =2*(O3*$I$4+P3*$J$4)
            I7:J7 dSSE/dm (A)|dSSE/dm (B)
            I8:J8 =2*SUMPRODUCT(O$3:O$5,$F$3:$F$5)
            I9:J9 =2*SUMPRODUCT(O$3:O$5,$G$3:$G$5)
        """,
    }, 10, (
        ({"G9": "=2*(O4*$I$4+P4*$J$3)"}, ""),
        ({"I9": "=2*SUMPRODUCT(O$3:O$5,$F$3:$F$5)"}, ""),
        ({"M4": "=$F4*J$3+$F4*J$4"}, ""),
    )),
    "hinge": Sheet({
        "SVM": """
            A1:B3 w1|0.5|w2|-0.25|b|0.1
            A4:B4 C|2
            D1:H1 x1|x2|label|margin|hinge
            D2:F6 1|1|1|-1|2|-1|2|-1|1|0.5|0.2|-1|-2|-1|-1
            G2:G6 =F2*($B$1*D2+$B$2*E2+$B$3)
            H2:H6 =MAX(0,1-G2)
            D8:D11 objective|grad w1|grad w2|grad b
            E8 =0.5*(B1^2+B2^2)+B4*SUM(H2:H6)
            E9 =B1-B4*SUMPRODUCT((G2:G6<1)*F2:F6*D2:D6)
            E10 =B2-B4*SUMPRODUCT((G2:G6<1)*F2:F6*E2:E6)
            E11 =-B4*SUMPRODUCT((G2:G6<1)*F2:F6)
        """,
    }, 3, (
        ({"E10": "=B2-B4*SUMPRODUCT((G2:G6<1)*F2:F6*D2:D6)"}, ""),
        ({"E9": "=B1-B4*SUMPRODUCT((G2:G6>1)*F2:F6*D2:D6)"}, ""),
        ({"E11": "=-SUMPRODUCT((G2:G6<1)*F2:F6)"}, ""),
    )),
    "poisson": Sheet({
        "Poisson": """
            A1:B2 beta0|0.2|beta1|0.15
            A4:E4 x|count|mu|neg log lik|score
            A5:B9 1|2|2|1|3|4|4|3|5|7
            C5:C9 =EXP($B$1+$B$2*A5)
            D5:D9 =C5-B5*LN(C5)
            A11 NLL
            B11 =SUM(D5:D9)
            A12 dNLL/dbeta0
            B12 =SUM(C5:C9)-SUM(B5:B9)
            A13 dNLL/dbeta1
            B13 =SUMPRODUCT(C5:C9-B5:B9,A5:A9)
        """,
    }, 2, (
        ({"B13": "=SUMPRODUCT(C5:C9-B5:B9,B5:B9)"}, ""),
        ({"B12": "=SUM(C5:C9)-SUM(B5:B8)"}, ""),
    )),
    "spanish batch": Sheet({
        "Regresión": """
            A1:C1 x|y|ŷ
            A2:B6 1|3|2|5|3|7.2|4|8.9|5|11
            C2:C6 =$F$1*A2+$F$2
            E1:E4 m|b|ECM|
            F1:F2 1.5|0.5
            F3 =SUMXMY2(C2:C6,B2:B6)/COUNT(B2:B6)
            E5:E6 ∂ECM/∂m|∂ECM/∂b
            F5 =2/COUNT(B2:B6)*SUMPRODUCT(C2:C6-B2:B6,A2:A6)
            F6 =2/COUNT(B2:B6)*SUMPRODUCT(C2:C6-B2:B6)
            E8:E10 tasa de aprendizaje|m nueva|b nueva
            F8 0.02
            F9 =F1-F8*F5
            F10 =F2-F8*F6
        """,
    }, 2, (
        ({"F6": "=1/COUNT(B2:B6)*SUMPRODUCT(C2:C6-B2:B6)"}, ""),
        ({"F5": "=2/COUNT(B2:B6)*SUMPRODUCT(B2:B6-C2:C6,A2:A6)"}, ""),
        ({"C4": "=$F$1*A4+$F$1"}, ""),
    )),
    "matrix form": Sheet({
        "MMULT": """
            A1:B1 X|
            A2:B5 1|0.5|1|-1.2|1|2|1|0.1
            D1 y
            D2:D5 0|1|1|0
            F1 theta
            F2:F3 0.2|-0.3
            H1 p
            H2:H5 {=1/(1+EXP(-MMULT(A2:B5,F2:F3)))}
            J1 cross entropy
            J2 =-SUMPRODUCT(D2:D5,LN(H2:H5))-SUMPRODUCT(1-D2:D5,LN(1-H2:H5))
            L1 gradient
            L2:L3 {=MMULT(TRANSPOSE(A2:B5),H2:H5-D2:D5)}
            N1 new theta
            N2:N3 =F2-0.1*L2
        """,
    }, 2, (
        ({"N3": "=F3-0.1*L2"}, LEARNING),
    )),
    "bandit": Sheet({
        "REINFORCE": """
            A1:D1 preference|0.3|-0.2|0.9
            A2:D2 exp|=EXP(B1)|=EXP(C1)|=EXP(D1)
            A3:D3 pi|=B2/SUM($B$2:$D$2)|=C2/SUM($B$2:$D$2)|=D2/SUM($B$2:$D$2)
            A4:B5 action|2|reward|1.4
            A6:B6 baseline|0.5
            A7:B7 objective|=-(B5-B6)*LN(INDEX(B3:D3,B4))
            A9 dobjective/dpreference
            B9:D9 =-($B$5-$B$6)*((COLUMN()-1=$B$4)-B3)
        """,
    }, 3, (
        ({"C9": "=($B$5-$B$6)*((COLUMN()-1=$B$4)-C3)"}, ""),
        ({"D9": "=-($B$5-$B$6)*((COLUMN()-1=$B$4)-C3)"}, ""),
    )),
    "portfolio variance": Sheet({
        "Risk": """
            A1:C1 weights|0.6|0.4
            A2:C2 sigma|0.2|0.3
            A3:B3 rho|0.25
            A5:B5 variance|=B1^2*B2^2+C1^2*C2^2+2*B1*C1*B2*C2*B3
            A6:C6 dvariance/dweights|=2*B1*B2^2+2*C1*B2*C2*B3|=2*C1*C2^2+2*B1*B2*C2*B3
        """,
    }, 2, (
        ({"C6": "=2*C1*C2^2+2*C1*B2*C2*B3"}, ""),
    )),
}
