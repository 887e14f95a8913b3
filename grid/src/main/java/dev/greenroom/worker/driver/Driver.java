package dev.greenroom.worker.driver;

import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.worker.store.DriverPackage;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/// A running Playwright driver of one version. Safe for use by many threads.
public interface Driver extends AutoCloseable {
    /// The version that it speaks.
    PlaywrightVersion version();

    /// Its process.
    long pid();

    /// Whether it takes orders; once it does not, it never will again.
    boolean alive();

    /// Launches a browser; blocks until it is there, or has failed, or `patience` is over. A browser that
    /// comes up later than that is closed again.
    LaunchResult launch(LaunchSpec spec, Duration patience) throws InterruptedException;

    /// Calls `action` once with the cause when the driver ended without having been closed, also when it
    /// has ended already; on a thread of its own, after the deaths of its browsers were told.
    void onDeath(Consumer<String> action);

    /// Ends the driver and its browsers; blocks for a few seconds at most.
    @Override
    void close();

    /// Keeps launches for clients that have come in turn with all others. Called on virtual threads.
    public interface LaunchPermit {
        /// Every launch may begin at once.
        LaunchPermit NONE = new LaunchPermit() {
            @Override
            public Optional<String> awaitTurn() {
                return Optional.empty();
            }

            @Override
            public void ended(LaunchEnd how) {}
        };

        /// How a launch that had its turn ended.
        enum LaunchEnd {
            /// With a browser.
            UP,
            /// Without one.
            FAILED,
            /// Nobody wants it any more.
            LEFT
        }

        /// Waits for a turn. Empty with the turn, which lasts until [#ended] is called, once; else why
        /// there is none.
        Optional<String> awaitTurn() throws InterruptedException;

        /// Ends a turn.
        void ended(LaunchEnd how);
    }

    /// Starts drivers.
    public interface DriverStarter {
        /// Starts a driver and waits until it takes orders, for some seconds at most.
        ///
        /// @throws DriverFailedException when it does not start
        Driver start(DriverPackage driver) throws InterruptedException;
    }

    /// What came of a launch.
    public sealed interface LaunchResult {
        /// The browser runs and listens.
        record Launched(LaunchedBrowser browser) implements LaunchResult {}

        /// It may not be launched as the client wants it.
        ///
        /// @param option the name of the launch option
        /// @param why one sentence
        record Refused(String option, String why) implements LaunchResult {}

        /// It did not come up.
        ///
        /// @param why for people, may be several lines long
        record Failed(String why) implements LaunchResult {}

        /// This Playwright version cannot drive the browser of this machine, and trying again soon is no
        /// use.
        ///
        /// @param why for people, may be several lines long
        record VersionUnusable(String why) implements LaunchResult {}
    }
}
