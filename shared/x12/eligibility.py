"""Eligibility: 270 inquiries and 271 answers, read and written."""

from shared.x12.eligibility_read import read_270 as read_270
from shared.x12.eligibility_read import read_271 as read_271
from shared.x12.eligibility_views import Aaa as Aaa
from shared.x12.eligibility_views import Answer271 as Answer271
from shared.x12.eligibility_views import Benefit as Benefit
from shared.x12.eligibility_views import BenefitDate as BenefitDate
from shared.x12.eligibility_views import Inquiry270 as Inquiry270
from shared.x12.eligibility_write import write_270 as write_270
from shared.x12.eligibility_write import write_271 as write_271
from shared.x12.parties import Address as Address
from shared.x12.parties import Party as Party
from shared.x12.parties import Payer as Payer
from shared.x12.parties import Person as Person
