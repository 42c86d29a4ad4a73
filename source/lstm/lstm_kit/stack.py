"""A working LSTM, so that notebooks 03 and 04 do not depend on your answer to notebook 02. It runs cells of any kind.

Its text is the answer to notebook 02, so it is packed. That keeps it out of sight and out of a search, and no more:
who unpacks it reads the answer, and learns less than who writes it. `python -m autograde.authoring` makes this file.
"""
import base64
import zlib

import torch
from torch import nn

from .cell import LSTMCell

PACKED = (
    "c-oCr%Z}S16y4`5uCggemNng`%A#tQ$!40}Xk-!ldQ4-33pkIz?*;r~B31PwBHRb(9L}X|g|%?_bviPo@}sVX7Wr-i^li7>?_ixM"
    "FQDs?0<CzUvEUlvzzoWQzM=sE7XJ*WO3XK*GN$c7D43fbq;<ZJD#j-I{2NPW{hn(O${ENHY}*`8v{y?*MFvG>L8^XmMI}2>LwBYI"
    "St!%=L(LjlRj7P8pRh+L71mG`Qb|`7%wk(-OQ&pAmd(IM_G6c$xFGntJVrAjRY57*Htrg<=!#w#(V?R_<3QSYWT>j#!<d@cp-01b"
    "KBM7FXz368R5CUv`EQbkEo#UbF0kLj3t($8VYI9{)Y?#<RA7YqKsJ+|+kZmy%xlr}DdsCu*?t;v10-`iV9xV59k;^SAZlvVKy7qK"
    "7E;=DqJ@e$8+jg_)Cz9WHP9j1=q1QbW>l3h6`{CF5mLS;8he(pIWb+Sx=U0Hd;ereeQtElXqbBjC8?P*d>z!}{#&D4{5%8xyYIj@"
    "qDNq-mF@U9C<C2l7mPxz9MVu}zcMZel1+uvMWwfiqHHoS`bKxUaK7a8$*<@J<L7g5bShP|vLFmiapL*38Bce*kL6!zioAE@6<LQp"
    "c^%quY){}&S#83+j@VXS<3K31!Wlr!UL~Ir202W4A_^LQHwls2<Uf>HXdh5qse`|;s4xisTHynP!F+vv^V;7m4V~x7N}k0<vrNM%"
    "7NxwsCqA?CLy=+0X!q1!Vbrq4he!_=8luKlj^t@gK=O8ZCouHu@%Stj&&XCG{!}*N*oSZu9iiu<@98lbn=K7Y@CX^ekc8o#XJZA)"
    "z}DMdm-YXK^UYrwdFrn"
)
exec(compile(zlib.decompress(base64.b85decode(PACKED)), "lstm_kit/stack.py (packed)", "exec"))
