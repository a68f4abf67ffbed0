"""Acknowledgements: TA1 (interchange), 999 (syntax) and 277CA (claims), read and written."""

from shared.x12.ack277ca import BatchAck277CA as BatchAck277CA
from shared.x12.ack277ca import ClaimAck277CA as ClaimAck277CA
from shared.x12.ack277ca import ClaimVerdict as ClaimVerdict
from shared.x12.ack277ca import LineAck as LineAck
from shared.x12.ack277ca import read_277ca as read_277ca
from shared.x12.ack277ca_write import write_277ca as write_277ca
from shared.x12.ack999 import Ack999 as Ack999
from shared.x12.ack999 import AckElement as AckElement
from shared.x12.ack999 import AckSegment as AckSegment
from shared.x12.ack999 import AckTransaction as AckTransaction
from shared.x12.ack999 import Verdict as Verdict
from shared.x12.ack999 import read_999 as read_999
from shared.x12.ack999 import write_999 as write_999
from shared.x12.ack_ta1 import Ta1 as Ta1
from shared.x12.ack_ta1 import read_ta1 as read_ta1
from shared.x12.ack_ta1 import write_ta1 as write_ta1
from shared.x12.claim_status import Status as Status
