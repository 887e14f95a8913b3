package dev.greenroom.worker.driver;

import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.SessionEnding.Cause;
import dev.greenroom.worker.store.DriverSource.DriverPackage;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/// A running Playwright driver of one version. Safe for use by many threads.
public interface Driver extends AutoCloseable {
    /// The Playwright version of its protocol.
    PlaywrightVersion version();

    /// Its process.
    long pid();

    /// Whether it accepts commands; once false, it stays false.
    boolean alive();

    /// Whether it has answered within the last seconds. One that has not gets no new browsers and no new
    /// sessions; it may answer again, or is ended.
    boolean responsive();

    /// Launches a browser; blocks until it runs, has failed, or `patience` is over. A browser that starts
    /// later than that is closed.
    LaunchResult launch(LaunchSpec spec, Duration patience) throws InterruptedException;

    /// Calls `action` once when the driver ends without being closed, also when it has ended
    /// already; on a thread of its own, after the deaths of its browsers are reported.
    void onDeath(Consumer<DriverDeath> action);

    /// Ends the driver and its browsers; blocks for a few seconds at most.
    @Override
    void close();

    /// How a driver ended that nobody had closed.
    ///
    /// @param cause how its sessions ended
    /// @param words for people
    /// @param ofSession whether a session may have caused it; otherwise something is wrong with this machine
    record DriverDeath(Cause cause, String words, boolean ofSession) {}

    /// Makes launches for connected clients wait their turn among all launches. Called on virtual threads.
    public interface LaunchPermit {
        /// Every launch may start at once.
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
            /// The browser is no longer needed.
            LEFT
        }

        /// Waits for a turn. Empty when it has one, which lasts until [#ended] is called, once; otherwise
        /// why it is refused.
        Optional<String> awaitTurn() throws InterruptedException;

        /// Ends a turn.
        void ended(LaunchEnd how);
    }

    /// Starts drivers.
    public interface DriverStarter {
        /// Starts a driver and waits until it is ready, for some seconds at most.
        ///
        /// @throws DriverFailedException when it does not start
        Driver start(DriverPackage driver) throws InterruptedException;
    }

    /// The outcome of a launch.
    public sealed interface LaunchResult {
        /// The browser runs and listens.
        record Launched(LaunchedBrowser browser) implements LaunchResult {}

        /// An option of the client is refused.
        ///
        /// @param option the name of the launch option
        /// @param why one sentence
        record Refused(String option, String why) implements LaunchResult {}

        /// The launch failed.
        ///
        /// @param why for people, may be several lines long
        record Failed(String why) implements LaunchResult {}

        /// Every driver process that there may be was in use until the time was up.
        record NoDriver() implements LaunchResult {}

        /// This Playwright version cannot drive the browser of this machine; a retry would fail too.
        ///
        /// @param why for people, may be several lines long
        record VersionUnusable(String why) implements LaunchResult {}
    }
}
