package dev.greenroom.worker.driver;

import java.util.Optional;

/// Keeps launches for clients that have come in turn with all others. Called on virtual threads.
public interface LaunchPace {
    /// Every launch may begin at once.
    LaunchPace NONE = new LaunchPace() {
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

    /// Waits for a turn. Empty with the turn, which lasts until [#ended] is called, once; else why there is none.
    Optional<String> awaitTurn() throws InterruptedException;

    /// Ends a turn.
    void ended(LaunchEnd how);
}
