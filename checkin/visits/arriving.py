"""How many forms come in, counted where it makes sense: by phone, by network at a venue, by venue."""

from checkin import clock, context, throttle
from checkin.venues.queries import Door
from checkin.visits import device, flags
from checkin.visits.flags import Arrivals

# A carrier's shared address brings the people of many venues. By one network: 500 people at one venue in ten minutes
# who each send twice are far from it; 10,000 forms are not.
BY_NETWORK = "4000 per 10 minutes"
BY_NETWORK_AND_VENUE = 2000
# The window of these limits, whatever window the rules count the flags in.
LIMIT_SECONDS = 10 * 60
# One phone declares for a family, or for those on a bus.
BY_DEVICE = 120


def arrived(door: Door) -> Arrivals:
    """Count this form; raises TooManyRequests for too many of one phone, or of one network at one venue.

    Of a venue as a whole nobody is ever refused: whoever flooded it would shut its door to those who stand there.
    """
    here = f"{throttle.here()}@{door.venue_id}"
    by_network = throttle.count("network", here, LIMIT_SECONDS)
    if by_network > BY_NETWORK_AND_VENUE:
        raise throttle.refuse("network", here)
    secret, own, by_device = device.secret(), "", 0
    if secret is not None:
        own = context.vault().device(secret).hex()
        by_device = throttle.count("device", own, LIMIT_SECONDS)
        if by_device > BY_DEVICE:
            raise throttle.refuse("device", own)
    window = int(flags.window(context.rules(clock.today())).total_seconds())
    if window != LIMIT_SECONDS:  # else what is counted for the limits serves the flags too
        by_network = throttle.count("burst-network", here, window)
        by_device = throttle.count("burst-device", own, window) if own else 0
    return Arrivals(throttle.count("venue", door.venue_id, window), by_device, by_network)
