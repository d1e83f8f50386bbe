"""An example in each row, with its own error and its own gradient; below the columns stand summaries."""

from __future__ import annotations

from tests.support.corpus import FORWARD, LEARNING, Sheet

# fmt: off
SHEETS = {
    # A course's workbook of gradient descent: each row learns from the one above, and an RMSE stands below.
    "online line": Sheet({"basic SGD": """
        A1:F1 b|1|a|1|learn|0.0005
        A3:L3 x|y|intercept|slope|pred|err^2|errb1|est de/db|de/db|de/da|new a|new b
        A4:B9 14|58|86|202|28|86|51|132|28|86|29|88
        C4 =B1
        D4 =D1
        C5:C9 =L4
        D5:D9 =K4
        E4:E9 =D4*A4+C4
        F4:F9 =(B4-E4)^2
        G4:G9 =((C4+0.01)+D4*A4-B4)^2
        H4:H9 =(G4-F4)/0.01
        I4:I9 =2*(E4-B4)
        J4:J9 =A4*I4
        K4:K9 =D4-J4*$F$1
        L4:L9 =C4-I4*$F$1
        E11 RMSE
        F11 =SQRT(AVERAGE(F4:F9))
    """}, 12, (
        ({"I6": "=2*(B6-E6)"}, ""),
        ({"J7": "=A6*I7"}, ""),
        ({"E5": "=D5*A4+C5"}, FORWARD),
        ({"K8": "=D8-J8*0.005"}, LEARNING),
        ({"L6": "=C6-0*I6*$F$1"}, LEARNING),
        ({"D7": "1.2"}, LEARNING),
    )),
    # The same with momentum: the average begins with the first gradient.
    "online momentum": Sheet({"momentum": """
        A1:H1 b|1|a|1|learn|0.0005|beta|0.9
        A3:L3 x|y|intercept|slope|pred|err^2|de/db|de/da|mom b|mom a|new a|new b
        A4:B8 14|58|8|26|28|86|11|32|9|27
        C4 =B1
        D4 =D1
        C5:C8 =L4
        D5:D8 =K4
        E4:E8 =D4*A4+C4
        F4:F8 =(B4-E4)^2
        G4:G8 =2*(E4-B4)
        H4:H8 =A4*G4
        I4 =G4
        J4 =H4
        I5:I8 =$H$1*I4+(1-$H$1)*G5
        J5:J8 =$H$1*J4+(1-$H$1)*H5
        K4:K8 =D4-J4*$F$1
        L4:L8 =C4-I4*$F$1
        F10 =SQRT(AVERAGE(F4:F8))
        E10 RMSE
    """}, 10, (
        ({"H5": "=B5*G5"}, ""),
        ({"I6": "=(1-$H$1)*G6"}, LEARNING),
        ({"J7": "=$H$1*J6+(1-$H$1)*G7"}, LEARNING),
    )),
    # Adam a row at a time, with averages that begin with 0 above the first row.
    "online adam": Sheet({"Adam": """
        A1:F1 lr|0.05|beta1|0.9|beta2|0.99
        G1:H1 eps|0.00000001
        A3:M3 t|x|y|w|yhat|squared error|dE/dw|m|v|m hat|v hat|step|w next
        D4 0.4
        H4:I4 0|0
        A5:C9 1|0.5|1.1|2|-0.8|0.2|3|1.2|1.9|4|0.3|0.7|5|-0.4|0.1
        D5 =D4
        D6:D9 =M5
        E5:E9 =D5*B5
        F5:F9 =(E5-C5)^2
        G5:G9 =2*(E5-C5)*B5
        H5:H9 =$D$1*H4+(1-$D$1)*G5
        I5:I9 =$F$1*I4+(1-$F$1)*G5^2
        J5:J9 =H5/(1-$D$1^A5)
        K5:K9 =I5/(1-$F$1^A5)
        L5:L9 =$B$1*J5/(SQRT(K5)+$H$1)
        M5:M9 =D5-L5
        E11:F11 mean|0
        F11 =AVERAGE(F5:F9)
    """}, 5, (
        ({"G6": "=2*(E6-C6)"}, ""),
        ({"I7": "=$F$1*I6+(1-$F$1)*G7"}, LEARNING),
        ({"M8": "=D8+L8"}, LEARNING),
    )),
    # Logistic regression: a cross-entropy in each row, their mean, and its gradients beside.
    "spam": Sheet({"Spam": """
        A1:D1 w_links|0.3|w_caps|-0.2
        E1:F1 bias|0.05
        A3:J3 links|caps|spam?|logit|p|loss|dL/dlogit|g_links|g_caps|g_bias
        A4:C9 3|0.2|1|0|0.1|0|1|0.9|1|0|0.5|0|2|0.7|1|1|0.05|0
        D4:D9 =A4*$B$1+B4*$D$1+$F$1
        E4:E9 =1/(1+EXP(-D4))
        F4:F9 =-(C4*LN(E4)+(1-C4)*LN(1-E4))
        G4:G9 =E4-C4
        H4:H9 =G4*A4
        I4:I9 =G4*B4
        J4:J9 =G4
        L1:L3 d mean/d w_links|d mean/d w_caps|d mean/d bias
        M1 =AVERAGE(H4:H9)
        M2 =AVERAGE(I4:I9)
        M3 =AVERAGE(J4:J9)
        E11 mean loss
        F11 =AVERAGE(F4:F9)
    """}, 6, (
        ({"G7": "=C7-E7"}, ""),
        ({f"F{r}": f"=-(C{r}*LOG(E{r})+(1-C{r})*LOG(1-E{r}))" for r in range(4, 10)}, FORWARD),
        ({"E6": "=1/(1+EXP(D6))"}, FORWARD),
    )),
    # Ten examples, the sum of their errors, and the gradient of the sum in one cell.
    "sum of ten": Sheet({"Line": """
        A1:B1 slope|0.7
        A2:B2 offset|-0.1
        A4:E4 x|t|y|e|r
        A5:B14 0.1|0.3|0.2|0.2|0.4|0.1|0.5|0.6|0.7|0.5|0.8|0.2|0.9|0.9|1.1|0.7|1.2|1.3|1.5|1
        C5:C14 =$B$1*A5+$B$2
        E5:E14 =C5-B5
        D5:D14 =E5^2
        G1 total
        H1 =SUM(D5:D14)
        G2 gradient slope
        H2 =2*SUMPRODUCT(E5:E14,A5:A14)
        G3 gradient offset
        H3 =2*SUM(E5:E14)
    """}, 2, (
        ({"H2": "=2*SUMPRODUCT(E5:E13,A5:A13)"}, ""),
        ({"H3": "=SUM(E5:E14)"}, ""),
        ({"C9": "=$B$1*A8+$B$2"}, FORWARD),
    )),
    # German, a perceptron with a sigmoid; an epoch's mean is charted in helper columns.
    "epochen": Sheet({"Training": """
        A1:B1 Lernrate|0.5
        A3:L3 Nr|x1|x2|Soll|w1|w2|b|net|a|Fehler|δ|∂Fehler/∂w1
        M3:N3 ∂Fehler/∂w2|∂Fehler/∂b
        A4:D9 1|0|0|0|2|0|1|1|3|1|0|1|4|1|1|1|5|0|0|0|6|0|1|1
        E4:G4 0.2|-0.3|0.1
        E5:E9 =E4-$B$1*L4
        F5:F9 =F4-$B$1*M4
        G5:G9 =G4-$B$1*N4
        H4:H9 =E4*B4+F4*C4+G4
        I4:I9 =1/(1+EXP(-H4))
        J4:J9 =0.5*(D4-I4)^2
        K4:K9 =(I4-D4)*I4*(1-I4)
        L4:L9 =K4*B4
        M4:M9 =K4*C4
        N4:N9 =K4
        P3:Q3 Epoche|mittlerer Fehler
        P4:P5 1|2
        Q4 =AVERAGE(J4:J6)
        Q5 =AVERAGE(J7:J9)
    """}, 18, (
        ({"K6": "=(I6-D6)*I6"}, ""),
        ({"M7": "=K7*B7"}, ""),
        ({"H6": "=E6*B6+F6*B6+G6"}, FORWARD),
        ({"I7": "=1/(1+EXP(-H6))"}, FORWARD),
        ({"F6": "=F5-0.5*M5"}, LEARNING),
        ({"G7": "=G6"}, LEARNING),
    )),
    # Hinge loss, one row an example, and a regulariser beside the sum.
    "svm rows": Sheet({"SVM": """
        A1:F1 w1|0.4|w2|-0.7|b|0.2
        G1:H1 lambda|0.01
        A3:H3 f1|f2|label|margin|hinge|active|gw1|gw2
        A4:C8 1.2|0.4|1|-0.5|1.1|-1|0.3|-0.8|1|0.9|0.7|-1|-1.4|0.2|-1
        D4:D8 =C4*($B$1*A4+$D$1*B4+$F$1)
        E4:E8 =MAX(0,1-D4)
        F4:F8 =IF(D4<1,1,0)
        G4:G8 =-F4*C4*A4
        H4:H8 =-F4*C4*B4
        J1:J4 objective|dobjective/dw1|dobjective/dw2|dobjective/db
        K1 =SUM(E4:E8)+H1*(B1^2+D1^2)
        K2 =SUM(G4:G8)+2*H1*B1
        K3 =SUM(H4:H8)+2*H1*D1
        K4 =-SUMPRODUCT(F4:F8,C4:C8)
    """}, 3, (
        ({"K2": "=SUM(G4:G8)+H1*B1"}, ""),
        ({"K3": "=SUM(H4:H8)"}, ""),
        ({"F6": "=IF(D6<0,1,0)"}, ""),
    )),
    # A table with names for its columns, the mean squared error above.
    "studie": Sheet({"Messung": """
        A1:B2 Steigung m|1.5|Achsenabschnitt n|0.3
        A4:F4 t|s|Modell|Abweichung|dQ/dm|dQ/dn
        A5:B9 0.5|1|1|2.1|1.5|2.4|2|3.3|2.5|4.2
        C5:C9 =$B$1*A5+$B$2
        D5:D9 =C5-B5
        E5:E9 =2*D5*A5/5
        F5:F9 =2*D5/5
        D1:D3 Q|∂Q/∂Steigung m|∂Q/∂Achsenabschnitt n
        E1 =SUMSQ(D5:D9)/COUNT(B5:B9)
        E2 =SUM(E5:E9)
        E3 =SUM(F5:F9)
    """}, 2, (
        ({"E3": "=AVERAGE(F5:F9)"}, ""),
        ({"E7": "=2*D7*B7/5"}, ""),
    )),
}
