package dev.greenroom.worker.store;

import dev.greenroom.session.PlaywrightVersion;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// Provides the driver of a Playwright version. Safe for use by many threads.
public interface DriverSource {
    /// Finds the driver of a version; blocks for at most `patience` when it has to be fetched first. A
    /// longer fetch continues, for the next call.
    DriverResolution resolve(PlaywrightVersion version, Duration patience) throws InterruptedException;

    /// The same without waiting; starts the fetch of a missing driver.
    DriverResolution resolveNow(PlaywrightVersion version);

    /// Marks a version unusable on this machine: it is unavailable for some minutes, then tried again.
    ///
    /// @param why for people
    void unusable(PlaywrightVersion version, String why);

    /// The versions that need no fetch, ascending.
    List<PlaywrightVersion> available();

    /// The version for clients that do not name one: the newest that is stored, or else the newest that may
    /// be fetched. Empty when there is none.
    Optional<PlaywrightVersion> preferred();

    /// Records which drivers were used, and reads what other workers have added and removed. Blocks; called
    /// periodically.
    void refresh();

    /// Keeps a driver from being removed until the hold is closed. Blocks.
    DriverHold hold(DriverPackage driver);

    /// Keeps a driver in the store.
    interface DriverHold extends AutoCloseable {
        @Override
        void close();
    }

    /// The outcome of looking for a driver.
    public sealed interface DriverResolution {
        /// It is stored.
        record Stored(DriverPackage driver) implements DriverResolution {}

        /// It is being fetched; try again later.
        record StillFetching(PlaywrightVersion version) implements DriverResolution {}

        /// It is not available.
        ///
        /// @param available the available versions, ascending
        /// @param why for people
        record Unavailable(List<PlaywrightVersion> available, String why) implements DriverResolution {
            public Unavailable {
                available = List.copyOf(available);
            }
        }
    }

    /// An unpacked `playwright-core`.
    ///
    /// @param version what clients have to agree with
    /// @param release the whole version, for example `1.62.1`
    /// @param folder holds its `package.json`
    public record DriverPackage(PlaywrightVersion version, String release, Path folder) {}
}
