package dev.greenroom.worker.driver;

import dev.greenroom.session.PlaywrightVersion;
import java.time.Duration;
import java.util.function.Consumer;

/// A running Playwright driver of one version. Safe for use by many threads.
public interface Driver extends AutoCloseable {
    /// The version that it speaks.
    PlaywrightVersion version();

    /// Its process.
    long pid();

    /// Whether it takes orders; once it does not, it never will again.
    boolean alive();

    /// Launches a browser; blocks until it is there, or has failed, or `patience` is over. A browser that comes up
    /// later than that is closed again.
    LaunchResult launch(LaunchSpec spec, Duration patience) throws InterruptedException;

    /// Calls `action` once with the cause when the driver ended without having been closed, also when it has ended
    /// already; on a thread of its own, after the deaths of its browsers were told.
    void onDeath(Consumer<String> action);

    /// Ends the driver and its browsers; blocks for a few seconds at most.
    @Override
    void close();
}
