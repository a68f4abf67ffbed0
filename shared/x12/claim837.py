"""Claims: 837P, 837I and 837D, read as a stream and written as batches."""

from shared.x12.adjustments import Adjustment as Adjustment
from shared.x12.claim837_read import read_837 as read_837
from shared.x12.claim837_views import Batch837 as Batch837
from shared.x12.claim837_views import Claim837 as Claim837
from shared.x12.claim837_views import Diagnosis as Diagnosis
from shared.x12.claim837_views import Header837 as Header837
from shared.x12.claim837_views import LineAdjudication as LineAdjudication
from shared.x12.claim837_views import Ndc as Ndc
from shared.x12.claim837_views import OtherPayer as OtherPayer
from shared.x12.claim837_views import ServiceLine as ServiceLine
from shared.x12.claim837_views import Subscriber as Subscriber
from shared.x12.claim837_views import Tooth as Tooth
from shared.x12.claim837_write import write_837d as write_837d
from shared.x12.claim837_write import write_837i as write_837i
from shared.x12.claim837_write import write_837p as write_837p
from shared.x12.parties import Address as Address
from shared.x12.parties import Party as Party
from shared.x12.parties import Payer as Payer
from shared.x12.parties import Person as Person
