"""More habits: other languages, running averages, helper columns for charts, absolute and mixed references, tables."""

from __future__ import annotations

from tests.support.corpus import FORWARD, LEARNING, Sheet

# fmt: off
SHEETS = {
    # Spanish: a neuron with tanh, an epoch in each row, the rate beside it.
    "neurona": Sheet({"Hoja": """
        A1:B3 tasa de aprendizaje|0.3|x|0.8|objetivo|-0.4
        A5:H5 época|w|b|z|a|error|∂error/∂w|∂error/∂b
        A6:A9 1|2|3|4
        B6:C6 0.9|-0.2
        B7:B9 =B6-$B$1*G6
        C7:C9 =C6-$B$1*H6
        D6:D9 =B6*$B$2+C6
        E6:E9 =TANH(D6)
        F6:F9 =(E6-$B$3)^2/2
        G6:G9 =(E6-$B$3)*(1-E6^2)*$B$2
        H6:H9 =(E6-$B$3)*(1-E6^2)
    """}, 8, (
        ({"G7": "=(E7-$B$3)*(1-E7)*$B$2"}, ""),
        ({"D8": "=B8*$B$3+C8"}, FORWARD),
        ({"C8": "=C7-$B$1*G7"}, LEARNING),
    )),
    # Chinese headings, two features, and a chart's column that repeats the loss.
    "房价": Sheet({"线性回归": """
        A1:B1 学习率|0.01
        A3:H3 面积|房间|价格|预测|误差|图表||
        A4:C7 1.2|2|3.1|0.8|1|1.9|2.1|3|5.2|1.5|2|3.6
        J1:J3 w1|w2|b
        K1:K3 0.5|0.4|0.1
        D4:D7 =$K$1*A4+$K$2*B4+$K$3
        E4:E7 =(D4-C4)^2
        F4:F7 =E4
        A9 损失
        B9 =AVERAGE(E4:E7)
        L1:L3 ∂损失/∂w1|∂损失/∂w2|∂损失/∂b
        M1 =2*SUMPRODUCT(D4:D7-C4:C7,A4:A7)/4
        M2 =2*SUMPRODUCT(D4:D7-C4:C7,B4:B7)/4
        M3 =2*(SUM(D4:D7)-SUM(C4:C7))/4
    """}, 3, (
        ({"M2": "=2*SUMPRODUCT(D4:D7-C4:C7,A4:A7)/4"}, ""),
        ({"M3": "=(SUM(D4:D7)-SUM(C4:C7))/4"}, ""),
        ({"D6": "=$K$1*A6+$K$2*B5+$K$3"}, FORWARD),
    )),
    # Italian, RMSprop, a block of parameters with a block of gradients below.
    "rmsprop": Sheet({"Foglio": """
        A1:F1 lr|0.05|rho|0.9|eps|0.000001
        A3:C3 passo|peso|costo
        D3:F3 dcosto/dpeso|media|peso nuovo
        A4:A8 1|2|3|4|5
        B4 1.7
        B5:B8 =F4
        C4:C8 =(B4^2-2)^2
        D4:D8 =4*B4*(B4^2-2)
        E3 media
        E4 =(1-$D$1)*D4^2
        E5:E8 =$D$1*E4+(1-$D$1)*D5^2
        F4:F8 =B4-$B$1*D4/(SQRT(E4)+$F$1)
    """}, 5, (
        ({"D6": "=2*B6*(B6^2-2)"}, ""),
        ({"E7": "=$D$1*E6+(1-$D$1)*D7"}, LEARNING),
        ({"E6": "=(1-$D$1)*D6^2"}, LEARNING),
    )),
    # A deep chain of one unit each, all names in one column, values in the next.
    "chain": Sheet({"Deep": """
        A1:A4 x|u|v|w
        B1:B4 0.7|1.1|-0.8|0.6
        A5:A9 p|q|r|y|C
        B5 =EXP(-1*(B2*B1)^2)
        B6 =LN(1+EXP(B3*B5))
        B7 =B4*B6
        B8 =B7/(1+ABS(B7))
        B9 =0.5*(B8-0.3)^2
        D1:D8 dC/dy|dC/dr|dC/dw|dC/dq|dC/dv|dC/dp|dC/du|dC/dx
        E1 =B8-0.3
        E2 =E1/(1+ABS(B7))^2
        E3 =E2*B6
        E4 =E2*B4
        E5 =E4*B5/(1+EXP(-B3*B5))
        E6 =E4*B3/(1+EXP(-B3*B5))
        E7 =E6*B5*-2*B2*B1^2
        E8 =E6*B5*-2*B1*B2^2
    """}, 8, (
        ({"E7": "=E6*B5*2*B2*B1^2"}, ""),
        ({"E2": "=E1/(1+ABS(B7))"}, ""),
        ({"E6": "=E4*B5/(1+EXP(-B3*B5))"}, ""),
    )),
    # Two tasks share a layer; their losses are weighted.
    "two tasks": Sheet({"Multi": """
        A1:F1 x|0.9|s|0.5|t1|0.2
        G1:H1 t2|-0.6
        A2:H2 a|1.2|b|-0.7|k1|0.7|k2|0.3
        A4:E4 hidden|out1|out2|loss1|loss2
        A5 =1/(1+EXP(-D1*B1))
        B5 =B2*A5
        C5 =D2*A5
        D5 =(B5-F1)^2
        E5 =(C5-H1)^2
        A7 total loss
        B7 =F2*D5+H2*E5
        A9:C9 ∂loss/∂a|∂loss/∂b|∂loss/∂s
        A10 =F2*2*(B5-F1)*A5
        B10 =H2*2*(C5-H1)*A5
        C10 =(F2*2*(B5-F1)*B2+H2*2*(C5-H1)*D2)*A5*(1-A5)*B1
    """}, 3, (
        ({"C10": "=(F2*2*(B5-F1)*B2+H2*2*(C5-H1)*D2)*A5*(1-A5)"}, ""),
        ({"B10": "=2*(C5-H1)*A5"}, ""),
        ({"B7": "=F2*D5+F2*E5"}, FORWARD),
    )),
    # A softmax over three classes, with names of classes, and one target.
    "animals": Sheet({"Klassen": """
        A1:D1 Klasse|Katze|Hund|Maus
        A2:D2 Logit|0.3|-0.6|1.1
        A3 exp
        B3:D3 =EXP(B2)
        A4 p
        B4:D4 =B3/SUM($B$3:$D$3)
        A5:D5 Ziel|0|1|0
        A6 Verlust
        B6 =-SUMPRODUCT(B5:D5,LN(B4:D4))
        A7 ∂Verlust/∂Logit
        B7:D7 =B4-B5
    """}, 3, (
        ({"C7": "=C4-B5"}, ""),
        ({"D7": "=(D4-D5)*D4*(1-D4)"}, ""),
    )),
    # Everything fixed with $, one formula a cell; the bias of the first layer is shared.
    "dollars": Sheet({"Fixed": """
        A1:A7 x|w|b|v|t|rate|
        B1:B6 1.3|0.4|-0.2|0.9|0.1|0.5
        D1:D4 z|h|o|loss
        E1 =$B$2*$B$1+$B$3
        E2 =$E$1^3
        E3 =$B$4*$E$2+$B$3
        E4 =ABS($E$3-$B$5)
        G1:G4 dloss/do|dloss/dv|dloss/db|dloss/dw
        H1 =SIGN($E$3-$B$5)
        H2 =$H$1*$E$2
        H3 =$H$1*(1+$B$4*3*$E$1^2)
        H4 =$H$1*$B$4*3*$E$1^2*$B$1
        J1:J3 w next|b next|v next
        K1 =$B$2-$B$6*$H$4
        K2 =$B$3-$B$6*$H$3
        K3 =$B$4-$B$6*$H$2
    """}, 4, (
        ({"H3": "=$H$1*$B$4*3*$E$1^2"}, ""),
        ({"H4": "=$H$1*$B$4*2*$E$1^2*$B$1"}, ""),
        ({"K2": "=$B$3-$B$6*$H$4"}, LEARNING),
        ({"K3": "=$B$4+$B$6*$H$2"}, LEARNING),
    )),
    # Dropout: a mask that was drawn once and pasted; it stays as it is.
    "mask": Sheet({"Drop": """
        A1:D1 keep|0.5|target|0.7
        A3:G3 unit|x|mask|w|dropped|part|dE/dw
        A4:D7 1|0.4|1|0.9|2|-0.7|0|0.3|3|1.1|1|-0.5|4|0.2|0|0.8
        E4:E7 =B4*C4/$B$1
        F4:F7 =E4*D4
        A9:D9 out|0|E|0
        B9 =SUM(F4:F7)
        D9 =(B9-$D$1)^2
        G4:G7 =2*($B$9-$D$1)*E4
    """}, 4, (
        ({"G6": "=2*($B$9-$D$1)*B6"}, ""),
        ({f"G{r}": f"=2*($B$9-$D$1)*B{r}*C{r}" for r in range(4, 8)}, ""),
    )),
}
