package dev.greenroom.worker.pool;

import dev.greenroom.session.PlaywrightVersion;
import java.util.List;

/// What came of asking for a browser.
public sealed interface TakeResult {
    /// Here it is; who took it closes it.
    record Taken(PooledBrowser browser) implements TakeResult {}

    /// There is no driver for that version, and none is to be had.
    ///
    /// @param available the versions that there are, ascending
    /// @param why for people
    record NoVersion(List<PlaywrightVersion> available, String why) implements TakeResult {
        public NoVersion {
            available = List.copyOf(available);
        }
    }

    /// The driver of that version is on its way.
    record Fetching(PlaywrightVersion version) implements TakeResult {}

    /// The client wants what this worker's browsers cannot be.
    ///
    /// @param option the name of the launch option
    /// @param why one sentence
    record Refused(String option, String why) implements TakeResult {}

    /// No browser came up in time; another worker may do better.
    ///
    /// @param why for people, may be several lines long
    record LaunchFailed(String why) implements TakeResult {}
}
