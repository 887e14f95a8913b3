package dev.greenroom.worker.store;

import dev.greenroom.session.PlaywrightVersion;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// Where the drivers of versions come from. Safe for use by many threads.
public interface DriverSource {
    /// Finds the driver of a version; blocks for at most `patience` when it has to be fetched first. A
    /// fetch that takes longer goes on, for whoever asks next.
    DriverResolution resolve(PlaywrightVersion version, Duration patience) throws InterruptedException;

    /// The same without any wait: what is not there begins to be fetched.
    DriverResolution resolveNow(PlaywrightVersion version);

    /// Notes that the driver of a version does not work on this machine. For some minutes the version
    /// cannot be had; after that it is tried again.
    ///
    /// @param why for people
    void unusable(PlaywrightVersion version, String why);

    /// The versions that are there without fetching, ascending.
    List<PlaywrightVersion> available();

    /// The version for clients that do not name one: the newest that is there, or else the newest that may
    /// be fetched. Empty when there is none.
    Optional<PlaywrightVersion> preferred();

    /// Notes what has been used lately, and sees what others have added and removed. Blocks; called now and
    /// then.
    void refresh();

    /// Keeps a driver from being removed until the hold is closed. Blocks.
    DriverHold hold(DriverPackage driver);

    /// Keeps a driver where it is.
    interface DriverHold extends AutoCloseable {
        @Override
        void close();
    }

    /// What came of looking for a version's driver.
    public sealed interface DriverResolution {
        /// It is there.
        record Stored(DriverPackage driver) implements DriverResolution {}

        /// It is being fetched; asking again later is worth while.
        record StillFetching(PlaywrightVersion version) implements DriverResolution {}

        /// It cannot be had.
        ///
        /// @param available what can be, ascending
        /// @param why for people
        record Unavailable(List<PlaywrightVersion> available, String why) implements DriverResolution {
            public Unavailable {
                available = List.copyOf(available);
            }
        }
    }
}
