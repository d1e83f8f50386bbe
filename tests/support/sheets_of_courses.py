"""Right sheets of courses, each in a habit of its own; the texts are those of `sheet_text`."""

from __future__ import annotations

from tests.support.sheets_of_arrays import ARRAYS

COURSES: dict[str, dict[str, str]] = {
    # A recurrent network in French, time to the right; the names of the weights stand again where they are updated.
    "rnn": {"Feuil1": """
        A3:B7 Taux d'apprentissage|0.1|w_x|0.6|w_h|-0.4|b|0.1|v|1.1
        A10:A15 x|cible|somme|h|y|erreur
        A17:A19 ∂L/∂y|∂L/∂h|∂L/∂somme
        C10:E11 0.5|-1.2|0.8|0.2|0.4|-0.3
        B13 0
        C12:E12 =$B$4*C10+$B$5*B13+$B$6
        C13:E13 =TANH(C12)
        C14:E14 =$B$7*C13
        C15:E15 =(C14-C11)^2
        D3 Perte L
        E3 =SUM(C15:E15)/3
        C17:E17 =2*(C14-C11)/3
        C18:D18 =C17*$B$7+D19*$B$5
        E18 =E17*$B$7
        C19:E19 =C18*(1-C13^2)
        G10:G13 ∂L/∂w_x|∂L/∂w_h|∂L/∂b|∂L/∂v
        H10 =SUMPRODUCT(C19:E19,C10:E10)
        H11 =SUMPRODUCT(C19:E19,B13:D13)
        H12 =SUM(C19:E19)
        H13 =SUMPRODUCT(C17:E17,C13:E13)
        G16:G19 w_x|w_h|b|v
        H16:H19 =B4-$B$3*H10
    """},
    # A line of centred numbers: what is subtracted from each is their mean, and no step of a learning rule.
    "centred": {"Norm": """
        A1:B1 gamma|1.3
        A2 N
        B2 =COUNT(B9:B13)
        D1:D4 mu|var|sqrtvar|Loss
        E1 =1/B2*SUM(B9:B13)
        E2 =1/B2*SUM(D9:D13)
        E3 =SQRT(E2+0.001)
        E4 =SUM(G9:G13)
        A8:L8 i|x|xmu|sq|out|target|loss_i||dout|dxmu1|dsq|dx
        A9:B13 1|2|2|-1|3|0.5|4|3.2|5|1.1
        C9:C13 =B9-$E$1
        D9:D13 =C9^2
        E9:E13 =$B$1*C9/$E$3
        F9:F13 0.4|-0.9|0.1|1|0.6
        G9:G13 =(E9-F9)^2
        I9:I13 =2*(E9-F9)
        J9:J13 =I9*$B$1/$E$3
        N1:N3 dsqrtvar|dvar|dgamma
        O1 =-SUMPRODUCT(I9:I13,C9:C13)*B1/E3^2
        O2 =0.5/E3*O1
        O3 =SUMPRODUCT(I9:I13,C9:C13)/E3
        K9:K13 =1/$B$2*$O$2
        M8 dxmu
        M9:M13 =J9+2*C9*K9
        L9:L13 =M9-AVERAGE($M$9:$M$13)
    """},
    # Skip-gram: words are looked up; EXP of a range inside SUMPRODUCT.
    "skip-gram": {"words": """
        A1:D1 centre|queen|context|crown
        F1:G1 alpha|0.3
        I1 loss
        J1 =-LN(INDEX(G5:G9,MATCH(D1,A5:A9,0)))
        A2 h1
        B2 =INDEX(B5:B9,MATCH($B$1,$A$5:$A$9,0))
        C2 h2
        D2 =INDEX(C5:C9,MATCH($B$1,$A$5:$A$9,0))
        F2 dL/dh1
        G2 =SUMPRODUCT(I5:I9,D5:D9)
        H2 dL/dh2
        I2 =SUMPRODUCT(I5:I9,E5:E9)
        A4:N4 word|in1|in2|out1|out2|score|p|t|e||dL/din1|dL/din2|dL/dout1|dL/dout2
        A5:E7 king|0.3|0.6|-0.1|0.2|queen|-0.5|0.4|0.7|-0.6|man|0.8|-0.7|0.5|0.1
        A8:E9 woman|0.1|0.9|-0.3|0.8|crown|-0.2|0.2|0.4|-0.4
        F5:F9 =D5*$B$2+E5*$D$2
        G5:G9 =EXP(F5)/SUMPRODUCT(EXP($F$5:$F$9))
        H5:H9 =--(A5=$D$1)
        I5:I9 =G5-H5
        K5:K9 =IF(A5=$B$1,$G$2,0)
        L5:L9 =IF(A5=$B$1,$I$2,0)
        M5:M9 =I5*$B$2
        N5:N9 =I5*$D$2
    """},
    # GELU and SiLU, a unit a row; names in lines, of which one is a letter that may mean a cost.
    "gelu": {"Activations": """
        A1:B4 x1|0.8|x2|-0.6|target|1.2|c|0.15
        D1:D3 y|s|MSE
        E1 =LN(1+EXP(E2))
        E2 =SUMPRODUCT(H7:H8,I7:I8)+B4
        E3 =(E1-B3)^2
        G1:G3 dMSE/dy|dMSE/ds|dMSE/dc
        H1 =2*(E1-B3)
        H2 =H1/(1+EXP(-E2))
        H3 =H2
        A6:Q6 unit|kind|w1|w2|b|z|part|a|v||slope|dMSE/dv|dMSE/da|dMSE/dz|dMSE/dw1|dMSE/dw2|dMSE/db
        A7:E8 1|GELU|0.5|0.3|0.1|2|SiLU|-0.9|0.6|0.2
        F7:F8 =C7*$B$1+D7*$B$2+E7
        G7 =TANH(SQRT(2/PI())*(F7+0.044715*F7^3))
        G8 =1/(1+EXP(-F8))
        H7 =0.5*F7*(1+G7)
        H8 =F8*G8
        I7:I8 0.9|-0.4
        K7 =0.5*(1+G7)+0.5*F7*(1-G7^2)*SQRT(2/PI())*(1+3*0.044715*F7^2)
        K8 =G8+F8*G8*(1-G8)
        L7:L8 =$H$2*H7
        M7:M8 =$H$2*I7
        N7:N8 =M7*K7
        O7:O8 =N7*$B$1
        P7:P8 =N7*$B$2
        Q7:Q8 =N7
    """},
    # A bandit: the actions 1, 2, 3 are whole numbers, of which 1 is no label.
    "policy": {"Policy": """
        A2:B2 learning rate|0.2
        A4:G4 action|theta|exp|pi||dJ/dtheta|theta new
        A5:B7 1|0.2|2|-0.4|3|0.7
        C5:C7 =EXP(B5)
        D5:D7 =C5/SUM($C$5:$C$7)
        F5 =AVERAGE(H12:H17)
        F6 =AVERAGE(I12:I17)
        F7 =AVERAGE(J12:J17)
        G5:G7 =B5-$B$2*F5
        A9 baseline
        B9 =AVERAGE(C12:C17)
        A11:J11 episode|action|reward|advantage|log pi|loss||g1|g2|g3
        A12:C17 1|1|1|2|3|0.5|3|2|-0.3|4|3|2|5|1|0.1|6|2|0.7
        D12:D17 =C12-$B$9
        E12:E17 =LN(INDEX($D$5:$D$7,B12))
        F12:F17 =-E12*D12
        H12:H17 =-$D12*(IF($B12=1,1,0)-$D$5)
        I12:I17 =-$D12*(IF($B12=2,1,0)-$D$6)
        J12:J17 =-$D12*(IF($B12=3,1,0)-$D$7)
        A19 J
        B19 =AVERAGE(F12:F17)
    """},
    # RMSprop with a rate that decays from row to row; the gradients are clipped before they are used.
    "clipped": {"RMSprop": """
        A1:J1 lr0|0.2|decay|0.1|rho|0.9|eps|0.000001|clip|0.3
        A3:O3 epoch|lr|x|t|w|b|z|a|loss|dL/dw|dL/db|clipped w|clipped b|s_w|s_b
        A4:A7 0|1|2|3
        B4:B7 =$B$1/(1+$D$1*A4)
        C4:D7 0.5|1|1.5|0|-0.7|1|2.2|0
        E4:F4 0.8|-0.3
        E5:F7 =E4-$B4*L4/(SQRT(N4)+$H$1)
        G4:G7 =E4*C4+F4
        H4:H7 =1/(1+EXP(-G4))
        I4:I7 =-D4*LN(H4)-(1-D4)*LN(1-H4)
        J4:J7 =(H4-D4)*C4
        K4:K7 =H4-D4
        L4:M7 =MAX(-$J$1,MIN($J$1,J4))
        N4:O4 =(1-$F$1)*L4^2
        N5:O7 =$F$1*N4+(1-$F$1)*L5^2
    """},
    # Nesterov: the gradient is that of where the velocity leads to.
    "nesterov": {"NAG": """
        A1:B2 η|0.1|μ|0.9
        A4:M4 step|x|y|a|b|v_a|v_b|a ahead|b ahead|ŷ|loss|grad a ahead|grad b ahead
        A5:C8 1|1|2.1|2|2|3.7|3|-1|-0.5|4|0.5|1.2
        D5:G5 0.2|0|0|0
        D6:E8 =D5+F6
        F6:G8 =$B$2*F5-$B$1*L5
        H5:I8 =D5+$B$2*F5
        J5:J8 =H5*B5+I5
        K5:K8 =(J5-C5)^2
        L5:L8 =2*(J5-C5)*B5
        M5:M8 =2*(J5-C5)
    """},
    # Dropout and a residual connection; the gradients stand left of the forward pass, several in a line.
    "dropout": {"Block": """
        E2:H4 x|0.6|-0.4|0.9|w|0.7|-0.5|1.1|b|0.1|0.2|-0.3
        E5:E10 z|relu|mask|dropped|res|u
        F5:H5 =F3*F2+F4
        F6:H6 =MAX(0,F5)
        F7:H7 1|0|1
        F8:H8 =F6*F7/(1-$I$12)
        F9:H9 =F2+F8
        F10:H10 0.4|0.8|-0.6
        E12:F14 out||t|0.3|loss|
        H12:I12 p drop|0.25
        F12 =SUMPRODUCT(F9:H9,F10:H10)
        F14 =(F12-F13)^2/2
        A2:A10 dL/dx|dL/dw|dL/db|dL/dz|dL/drelu||dL/ddropped|dL/dres|dL/du
        A12 dL/dout
        B12 =F12-F13
        B2:D2 =B9+B5*F3
        B3:D3 =B5*F2
        B4:D4 =B5
        B5:D5 =IF(F5>0,B6,0)
        B6:D6 =B8*F7/(1-$I$12)
        B8:D8 =B9
        B9:D9 =$B$12*F10
        B10:D10 =$B$12*F9
    """},
    # Spanish, a column a step; Δw is added, and no $ anywhere.
    "spanish": {"Hoja1": """
        A1:A15 paso|tasa de aprendizaje|x1|deseado|w1|w2|sesgo|neta|salida|y|error total|δ salida|δ oculta|Δw1|Δw2
        A16 Δsesgo
        B1:D1 0|1|2
        B2:D4 0.4|0.4|0.4|0.9|0.9|0.9|0.2|0.2|0.2
        B5:B7 0.5|0.7|0.1
        C5:D7 =B5+B14
        B8:D8 =B3*B5+B7
        B9:D9 =1/(1+EXP(-B8))
        B10:D10 =1/(1+EXP(-B9*B6))
        B11:D11 =0.5*(B4-B10)^2
        B12:D12 =(B4-B10)*B10*(1-B10)
        B13:D13 =B12*B6*B9*(1-B9)
        B14:D14 =B2*B13*B3
        B15:D15 =B2*B12*B9
        B16:D16 =B2*B13
    """},
    # A mini-batch a sheet: each begins with what the one before gives.
    "batches": {
        "Params": """
            A2:B4 w1|0.4|w2|-0.6|b|0.1
            A6:B6 learning rate|0.5
        """,
        **{
            f"Batch {k}": f"""
                A2:A4 w1|w2|b
                B2:B4 ={"Params!B2" if k == 1 else f"'Batch {k - 1}'!F2"}
                C1 gradient
                C2 =AVERAGE(G8:G9)
                C3 =AVERAGE(H8:H9)
                C4 =AVERAGE(F8:F9)
                F1 after update
                F2:F4 =B2-Params!$B$6*C2
                H1 batch loss
                H2 =AVERAGE(E8:E9)
                A7:H7 x1|x2|y|p|log loss|p - y|(p-y)x1|(p-y)x2
                A8:C9 {0.2 * k}|1.1|1|-0.7|{0.4 - 0.3 * k}|0
                D8:D9 =1/(1+EXP(-($B$2*A8+$B$3*B8+$B$4)))
                E8:E9 =-IF(C8=1,LN(D8),LN(1-D8))
                F8:F9 =D8-C8
                G8:H9 =$F8*A8
            """
            for k in (1, 2, 3)
        },
    },
    **ARRAYS,
}  # fmt: skip
