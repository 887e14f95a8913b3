package dev.greenroom.worker.driver;

import dev.greenroom.session.PlaywrightVersion;
import java.util.List;

/// What came of looking for a version's driver.
public sealed interface Resolution {
    /// It is there.
    record Stored(DriverPackage driver) implements Resolution {}

    /// It is being fetched; asking again later is worth while.
    record StillFetching(PlaywrightVersion version) implements Resolution {}

    /// It cannot be had.
    ///
    /// @param available what can be, ascending
    /// @param why for people
    record NotToBeHad(List<PlaywrightVersion> available, String why) implements Resolution {
        public NotToBeHad {
            available = List.copyOf(available);
        }
    }
}
