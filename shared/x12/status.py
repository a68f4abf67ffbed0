"""Claim status: 276 inquiries and 277 responses, read and written."""

from shared.x12.claim_status import Status as Status
from shared.x12.status_read import read_276 as read_276
from shared.x12.status_read import read_277 as read_277
from shared.x12.status_views import StatusInquiry276 as StatusInquiry276
from shared.x12.status_views import StatusLine as StatusLine
from shared.x12.status_views import StatusResponse277 as StatusResponse277
from shared.x12.status_write import write_276 as write_276
from shared.x12.status_write import write_277 as write_277
