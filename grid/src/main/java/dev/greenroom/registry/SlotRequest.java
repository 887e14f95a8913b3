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
/// @param requester who asks; a session that is granted a slot is on the [SessionList] with it at once. Empty for one
///     that is not to be listed
public record SlotRequest(
        SessionId session,
        Browser browser,
        Optional<PlaywrightVersion> version,
        Set<WorkerId> excluded,
        Optional<Requester> requester) {

    /// Who asks for a slot.
    ///
    /// @param proxy that will relay the session, as `<host>:<port>`
    public record Requester(String proxy, LiveSession.Client client) {}

    /// Of a session that is not to be listed.
    public SlotRequest(
            SessionId session, Browser browser, Optional<PlaywrightVersion> version, Set<WorkerId> excluded) {
        this(session, browser, version, excluded, Optional.empty());
    }

    public SlotRequest {
        excluded = Set.copyOf(excluded);
    }
}
