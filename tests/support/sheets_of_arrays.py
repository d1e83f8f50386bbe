"""Right sheets in arrays that spill, and with functions that a sheet defines itself."""

from __future__ import annotations

ARRAYS: dict[str, dict[str, str]] = {
    # An autoencoder with tied weights, in arrays that spill: A9# is the whole of the one in A9.
    "tied": {"Auto": """
        A1 X
        A2:C5 0.9|0.1|-0.4|0.2|-0.7|0.5|-0.3|0.8|0.6|0.4|0.4|-0.9
        F1 W
        F2:G4 0.5|-0.2|0.3|0.8|-0.6|0.1
        A8 Z
        A9:B12 {=MMULT(A2:C5,F2:G4)}
        D8 H
        D9:E12 {=_xlfn.MAP(_xlfn.ANCHORARRAY(A9),_xlfn.LAMBDA(_xlpm.z,MAX(0,_xlpm.z)))}
        G8 R
        G9:I12 {=MMULT(_xlfn.ANCHORARRAY(D9),TRANSPOSE(F2:G4))-A2:C5}
        O8 MSE
        O9 =SUMSQ(_xlfn.ANCHORARRAY(G9))/COUNT(A2:C5)
        A15 dR
        A16:C19 {=2*_xlfn.ANCHORARRAY(G9)/COUNT(A2:C5)}
        E15 dH
        E16:F19 {=MMULT(_xlfn.ANCHORARRAY(A16),F2:G4)}
        H15 dZ
        H16:I19 {=_xlfn.ANCHORARRAY(E16)*IF(_xlfn.ANCHORARRAY(A9)>0,1,0)}
        K15 dW
        K16:L18 {=MMULT(TRANSPOSE(A2:C5),_xlfn.ANCHORARRAY(H16))+MMULT(TRANSPOSE(A16:C19),_xlfn.ANCHORARRAY(D9))}
    """},
    # A function that the sheet defines itself, and LET; the weights are changing cells, as of the Solver.
    "lambda": {"Solver": """
        B2:C5 Changing cells||w|0.5|b|-0.3|v|1.2
        E3 Loss
        F3 =AVERAGE(G10:G12)
        H3:H5 dLoss/dw|dLoss/db|dLoss/dv
        I3 =AVERAGE(H10:H12)
        I4 =AVERAGE(I10:I12)
        I5 =AVERAGE(J10:J12)
        B9:J9 n|x|t|z|y|sq|by w|by b|by v
        B10:D12 1|-1|0.1|2|0.2|0.5|3|1.6|0.9
        E10:E12 =$C$3*C10+$C$4
        F10:F12 =$C$5*sigmoid(E10)
        G10:G12 =(F10-D10)^2
        H10:H12 =_xlfn.LET(_xlpm.e,F10-D10,_xlpm.s,sigmoid(E10),2*_xlpm.e*$C$5*_xlpm.s*(1-_xlpm.s)*C10)
        I10:I12 =_xlfn.LET(_xlpm.e,F10-D10,_xlpm.s,sigmoid(E10),2*_xlpm.e*$C$5*_xlpm.s*(1-_xlpm.s))
        J10:J12 =2*(F10-D10)*sigmoid(E10)
    """},
    # Contrastive: a temperature divides, and matrices are named by their titles.
    "contrastive": {"InfoNCE": """
        A1:B1 tau|0.5
        A3 A
        E3 B
        A4:B6 0.5|-0.2|0.1|0.9|-0.7|0.4
        E4:F6 0.6|0.3|-0.2|0.8|-0.5|-0.4
        D8 S
        D9:F11 {=MMULT(A4:B6,TRANSPOSE(E4:F6))/B1}
        H8 P
        H9:J11 {=EXP(D9:F11)/MMULT(EXP(D9:F11),{1;1;1})}
        N8 Loss
        N9 =-(LN(H9)+LN(I10)+LN(J11))/3
        D14 dS
        D15:F17 {=(H9:J11-{1,0,0;0,1,0;0,0,1})/3}
        A14 dA
        A15:B17 {=MMULT(D15:F17,E4:F6)/B1}
        H14 dB
        H15:I17 {=MMULT(TRANSPOSE(D15:F17),A4:B6)/B1}
    """},
    # θ, J(θ) and what comes next, as in a well-known course; a mean with ROWS of a whole block.
    "J(θ)": {"Houses": """
        A1:F1 area|rooms|price|pred|err|sq
        A2:C5 0.5|1|0.4|0.8|2|0.7|1.2|3|0.9|1.5|3|1.3
        D2:D5 =$L$1+$L$2*A2+$L$3*B2
        E2:E5 =D2-C2
        F2:F5 =E2^2
        G1:H1 err·area|err·rooms
        G2:H5 =$E2*A2
        K1:L4 θ0|0.3|θ1|0.8|θ2|-0.2|alpha|0.1
        N1 J(θ)
        O1 =SUM(F2:F5)/(2*ROWS(A2:H5))
        K6:K8 ∂J/∂θ0|∂J/∂θ1|∂J/∂θ2
        L6 =SUM(E2:E5)/ROWS(A2:H5)
        L7 =SUM(G2:G5)/ROWS(A2:H5)
        L8 =SUM(H2:H5)/ROWS(A2:H5)
        K10:K12 θ0 :=|θ1 :=|θ2 :=
        L10:L12 =L1-$L$4*L6
    """},
}  # fmt: skip
NAMES = {"lambda": {"sigmoid": "_xlfn.LAMBDA(_xlpm.x,1/(1+EXP(-_xlpm.x)))"}}
"""The names that a workbook defines."""
