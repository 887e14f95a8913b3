package dev.greenroom.registry;

import dev.greenroom.session.Browser;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.WorkerId;
import java.util.Optional;
import java.util.Set;

/// A wish for a slot.
///
/// @param version the client's version of Playwright; empty when it names none, which every worker can serve
/// @param excluded workers that this session has tried in vain
public record SlotRequest(
        SessionId session, Browser browser, Optional<PlaywrightVersion> version, Set<WorkerId> excluded) {
    public SlotRequest {
        excluded = Set.copyOf(excluded);
    }
}
