package dev.greenroom.proxy.client;

import dev.greenroom.session.Browser;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.Wishes;
import dev.greenroom.wire.UpgradeRequest;
import java.util.List;
import java.util.Optional;

/// A well-formed wish for a session.
///
/// @param browser empty when the client named none
/// @param version empty when the client is not Playwright or hides it
/// @param wishes what is to be otherwise with the browser
/// @param ignored names of launch options that the grid ignores
/// @param userAgent passed on to the worker, whose driver checks it
public record ClientRequest(
        SessionId session,
        Optional<Browser> browser,
        Optional<PlaywrightVersion> version,
        Wishes wishes,
        List<String> ignored,
        Optional<String> userAgent,
        UpgradeRequest upgrade) {}
