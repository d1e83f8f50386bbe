"""Networks in blocks, in columns, on several sheets; templates of courses, and sheets as an assistant writes them."""

from __future__ import annotations

from tests.support.corpus import FORWARD, LEARNING, Sheet

# fmt: off
SHEETS = {
    # Two inputs, two hidden units, one output, each number with its name to the left, everything once.
    "names to the left": Sheet({"Net": """
        A1:B3 i1|0.6|i2|-0.4|target|0.8
        A5:B10 w1|0.3|w2|-0.5|w3|0.7|w4|0.2|v1|0.9|v2|-0.6
        D1:D7 net1|net2|h1|h2|out_net|out|E
        E1 =B5*B1+B6*B2
        E2 =B7*B1+B8*B2
        E3 =1/(1+EXP(-E1))
        E4 =1/(1+EXP(-E2))
        E5 =B9*E3+B10*E4
        E6 =1/(1+EXP(-E5))
        E7 =0.5*(B3-E6)^2
        G1:G7 dE/dout|dE/dout_net|dE/dv1|dE/dv2|dE/dh1|dE/dh2|dE/dnet1
        H1 =E6-B3
        H2 =H1*E6*(1-E6)
        H3 =H2*E3
        H4 =H2*E4
        H5 =H2*B9
        H6 =H2*B10
        H7 =H5*E3*(1-E3)
        G8:G12 dE/dnet2|dE/dw1|dE/dw2|dE/dw3|dE/dw4
        H8 =H6*E4*(1-E4)
        H9 =H7*B1
        H10 =H7*B2
        H11 =H8*B1
        H12 =H8*B2
    """}, 12, (
        ({"H8": "=H6*E3*(1-E3)"}, ""),
        ({"H5": "=H2*B10"}, ""),
        ({"H1": "=B3-E6"}, ""),
        ({"E1": "=B5*B1+B6*B1"}, FORWARD),
    )),
    # The classic: two outputs; every gradient is written out, so that only the loss can lack its half.
    "written out": Sheet({"2-2-2": """
        A1:L1 i1|i2|w1|w2|w3|w4|w5|w6|w7|w8|t1|t2
        A2:L2 0.05|0.1|0.15|0.2|0.25|0.3|0.4|0.45|0.5|0.55|0.01|0.99
        A4:I4 h1|h2|a1|a2|o1|o2|E1|E2|E_total
        A5 =C2*A2+D2*B2
        B5 =E2*A2+F2*B2
        C5 =1/(1+EXP(-A5))
        D5 =1/(1+EXP(-B5))
        E5 =1/(1+EXP(-(G2*C5+H2*D5)))
        F5 =1/(1+EXP(-(I2*C5+J2*D5)))
        G5 =0.5*(K2-E5)^2
        H5 =0.5*(L2-F5)^2
        I5 =G5+H5
        C7:J7 ∂E/∂w1|∂E/∂w2|∂E/∂w3|∂E/∂w4|∂E/∂w5|∂E/∂w6|∂E/∂w7|∂E/∂w8
        C8 =((E5-K2)*E5*(1-E5)*G2+(F5-L2)*F5*(1-F5)*I2)*C5*(1-C5)*A2
        D8 =((E5-K2)*E5*(1-E5)*G2+(F5-L2)*F5*(1-F5)*I2)*C5*(1-C5)*B2
        E8 =((E5-K2)*E5*(1-E5)*H2+(F5-L2)*F5*(1-F5)*J2)*D5*(1-D5)*A2
        F8 =((E5-K2)*E5*(1-E5)*H2+(F5-L2)*F5*(1-F5)*J2)*D5*(1-D5)*B2
        G8 =(E5-K2)*E5*(1-E5)*C5
        H8 =(E5-K2)*E5*(1-E5)*D5
        I8 =(F5-L2)*F5*(1-F5)*C5
        J8 =(F5-L2)*F5*(1-F5)*D5
    """}, 8, (
        ({"G5": "=(K2-E5)^2", "H5": "=(L2-F5)^2"}, FORWARD, "I5"),
        ({"I5": "=G5"}, FORWARD),
        ({"H5": "=0.5*(K2-E5)^2"}, FORWARD),
        ({"A5": "=C2*A2+D2*A2"}, FORWARD),
        ({"G8": "=(E5*K2)*E5*(1-E5)*C5"}, ""),
        ({"C8": "=((E5*K2)*E5*(1-E5)*G2+(F5*L2)*F5*(1-F5)*I2)*C5*(1-C5)*A2"}, ""),
        ({"I8": "=(F4-L2)*F5*(1-F5)*C5"}, ""),
        ({"J8": "=(F5-L2)*F5*(1-F5)*C5"}, ""),
    )),
    # Softmax and cross-entropy; matrices in blocks, with array formulas.
    "softmax blocks": Sheet({"Softmax": """
        A1 X
        A2:B4 1|0.5|-0.3|0.8|0.2|-1.1
        D1 W
        D2:F3 0.2|-0.4|0.1|0.6|0.3|-0.5
        H1 Y
        H2:J4 1|0|0|0|1|0|0|0|1
        A6 Z
        A7:C9 {=MMULT(A2:B4,D2:F3)}
        E6 P
        E7:G7 =EXP(A7)/SUM(EXP($A7),EXP($B7),EXP($C7))
        E8:G8 =EXP(A8)/SUM(EXP($A8),EXP($B8),EXP($C8))
        E9:G9 =EXP(A9)/SUM(EXP($A9),EXP($B9),EXP($C9))
        I6 loss
        I7 =-SUMPRODUCT(H2:J4,LN(E7:G9))/3
        A11 dZ
        A12:C14 =(E7-H2)/3
        E11 dW
        E12:G13 {=MMULT(TRANSPOSE(A2:B4),A12:C14)}
    """}, 15, (
        ({"B13": "=(F8-H3)/3"}, ""),
        ({"C14": "=(G9-J4)"}, ""),
    )),
    # Step by step to the right: time in columns, an update below each.
    "steps to the right": Sheet({"Descent": """
        A1:B2 eta|0.1|target|0.25
        A4:A10 step|w|v|y|loss|dloss/dw|dloss/dv
        B4:F4 0|1|2|3|4
        B5:B6 0.9|-0.4
        C5:F5 =B5-$B$1*B9
        C6:F6 =B6-$B$1*B10
        B7:F7 =TANH(B5*0.7+B6)
        B8:F8 =(B7-$B$2)^2
        B9:F9 =2*(B7-$B$2)*(1-B7^2)*0.7
        B10:F10 =2*(B7-$B$2)*(1-B7^2)
    """}, 10, (
        ({"D9": "=2*(D7-$B$2)*(1-D7)*0.7"}, ""),
        ({"E10": "=2*(E7-$B$2)*(1-D7^2)"}, ""),
        ({"D6": "=C6-$B$2*C10"}, LEARNING),
        ({"E5": "0.55"}, LEARNING),
        ({"D7": "=TANH(D5*0.7+C6)"}, FORWARD),
    )),
    # Forward on one sheet, backward on another, parameters on a third.
    "three sheets": Sheet({"Params": """
        A1:B5 w1|0.5|b1|0.1|w2|-0.8|b2|0.3|lr|0.2
        D1:E1 x|0.7
        D2:E2 t|0.4
    """, "Forward": """
        A1:A5 z1|a1|z2|yhat|cost
        B1 =Params!B1*Params!E1+Params!B2
        B2 =MAX(0,B1)
        B3 =Params!B3*B2+Params!B4
        B4 =1/(1+EXP(-B3))
        B5 =-(Params!E2*LN(B4)+(1-Params!E2)*LN(1-B4))
    """, "Backward": """
        A1:A7 dcost/dz2|dcost/dw2|dcost/db2|dcost/da1|dcost/dz1|dcost/dw1|dcost/db1
        B1 =Forward!B4-Params!E2
        B2 =B1*Forward!B2
        B3 =B1
        B4 =B1*Params!B3
        B5 =B4*IF(Forward!B1>0,1,0)
        B6 =B5*Params!E1
        B7 =B5
        D1:D4 w1 new|b1 new|w2 new|b2 new
        E1 =Params!B1-Params!B5*B6
        E2 =Params!B2-Params!B5*B7
        E3 =Params!B3-Params!B5*B2
        E4 =Params!B4-Params!B5*B3
    """}, 7, (
        ({"Backward!B5": "=B4"}, ""),
        ({"Backward!B4": "=B1*Params!B1"}, ""),
        ({"Backward!E3": "=Params!B3-Params!B5*B3"}, LEARNING),
        ({"Backward!E2": "=Params!B2+Params!B5*B7"}, LEARNING),
        ({"Forward!B3": "=Params!B3*B2+Params!B2"}, FORWARD),
    )),
    # A column of neurons in French; leaky ReLU.
    "colonne": Sheet({"Réseau": """
        A1:A12 entrée|poids 1|biais 1|poids 2|biais 2|cible|pente|somme 1|activation|sortie|perte|
        B1:B7 1.4|0.5|-0.9|1.2|0.1|0.6|0.01
        B8 =B2*B1+B3
        B9 =IF(B8>0,B8,B7*B8)
        B10 =B4*B9+B5
        B11 =(B10-B6)^2
        A13:A16 ∂perte/∂sortie|∂perte/∂poids 2|∂perte/∂biais 2|∂perte/∂activation
        B13 =2*(B10-B6)
        B14 =B13*B9
        B15 =B13
        B16 =B13*B4
        A17:A19 ∂perte/∂somme 1|∂perte/∂poids 1|∂perte/∂biais 1
        B17 =B16*IF(B8>0,1,B7)
        B18 =B17*B1
        B19 =B17
    """}, 7, (
        ({"B17": "=B16*IF(B8>0,1,0)"}, ""),
        ({"B13": "=B10-B6"}, ""),
        ({"B18": "=B16*B1"}, ""),
        ({"B10": "=B4*B8+B5"}, FORWARD),
    )),
    # An assistant writes LET and LAMBDA, and names in full.
    "assistant LET": Sheet({"XOR": """
        A1:B7 Learning Rate|0.1|x1|1|x2|0|y|1|u1|0.4|u2|-0.3|c|0.2
        D1:D3 Prediction|Binary Cross-Entropy Loss|Logit
        E3 =B5*B2+B6*B3+B7
        E1 =_xlfn.LET(_xlpm.z,E3,1/(1+EXP(-_xlpm.z)))
        E2 =_xlfn.LET(_xlpm.p,E1,_xlpm.t,B4,-(_xlpm.t*LN(_xlpm.p)+(1-_xlpm.t)*LN(1-_xlpm.p)))
        G1:G4 Gradient Logit|Gradient u1|Gradient u2|Gradient c
        H1 =E1-B4
        H2 =H1*B2
        H3 =H1*B3
        H4 =H1
        J1:J3 u1 (updated)|u2 (updated)|c (updated)
        K1 =B5-$B$1*H2
        K2 =B6-$B$1*H3
        K3 =B7-$B$1*H4
    """}, 4, (
        ({"H1": "=(E1-B4)*E1*(1-E1)"}, ""),
        ({"H3": "=H1*B2"}, ""),
        ({"K2": "=B6-$B$1*H2"}, LEARNING),
    )),
    # One value, two uses: a residual connection, and attention over two words.
    "residual": Sheet({"Block": """
        A1:A4 x|w|v|goal
        B1:B4 0.5|0.8|-0.3|1
        D1:D4 h|r|out|L
        E1 =TANH(B2*B1)
        E2 =E1+B1
        E3 =B3*E2+E2^2
        E4 =0.5*(E3-B4)^2
        G1:G6 dL/dout|dL/dr|dL/dh|dL/dv|dL/dw|dL/dx
        H1 =E3-B4
        H2 =H1*(B3+2*E2)
        H3 =H2
        H4 =H1*E2
        H5 =H3*(1-E1^2)*B1
        H6 =H3*(1-E1^2)*B2+H2
    """}, 6, (
        ({"H6": "=H3*(1-E1^2)*B2"}, ""),
        ({"H2": "=H1*(B3+E2)"}, ""),
        ({"H5": "=H3*(1-E1)*B1"}, ""),
    )),
    # Weight decay in the loss and a frozen weight on purpose.
    "decay": Sheet({"Ridge": """
        A1:B4 alpha|0.05|wd|0.1|x|2|y|1.5
        A6:H6 epoch|w|b|pred|J|dJ/dw|dJ/db|note
        A7:A10 0|1|2|3
        B7:C7 0.3|0.2
        B8:B10 =B7-$B$1*F7
        C8:C10 =C7-$B$1*G7
        D7:D10 =B7*$B$3+C7
        E7:E10 =(D7-$B$4)^2+$B$2*B7^2
        F7:F10 =2*(D7-$B$4)*$B$3+2*$B$2*B7
        G7:G10 =2*(D7-$B$4)
    """}, 8, (
        ({"F8": "=2*(D8-$B$4)*$B$3+$B$2*B8"}, ""),
        ({"C9": "=C8-$B$1*F8"}, LEARNING),
        ({"B9": "=B8-$B$1*F7"}, LEARNING),
    )),
}
