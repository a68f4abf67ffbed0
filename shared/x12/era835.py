"""Electronic remittance advice (835): reading, writing and balancing."""

from shared.x12.adjustments import Adjustment as Adjustment
from shared.x12.era835_balance import Balance as Balance
from shared.x12.era835_balance import Equation as Equation
from shared.x12.era835_balance import Outcome as Outcome
from shared.x12.era835_balance import balance as balance
from shared.x12.era835_read import read_835 as read_835
from shared.x12.era835_views import Account as Account
from shared.x12.era835_views import ClaimPayment as ClaimPayment
from shared.x12.era835_views import ProviderAdjustment as ProviderAdjustment
from shared.x12.era835_views import Remark as Remark
from shared.x12.era835_views import Remittance835 as Remittance835
from shared.x12.era835_views import ServicePayment as ServicePayment
from shared.x12.era835_write import write_835 as write_835
from shared.x12.parties import Address as Address
from shared.x12.parties import Named as Named
from shared.x12.parties import Party as Party
from shared.x12.parties import Payer as Payer
