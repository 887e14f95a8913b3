package dev.greenroom.wire;

import dev.greenroom.session.Ending;
import dev.greenroom.session.Ending.Cause;
import dev.greenroom.session.Ending.Close;

/// What is at the far side of a relay, and so what it means when it goes away by itself.
public enum FarSide {
    /// A worker: says itself why it closes.
    WORKER(Cause.WORKER_LOST),

    /// A browser behind its driver, which calls it "going away" when a browser has died, or closes without a code.
    BROWSER(Cause.BROWSER_CRASHED);

    private static final int GOING_AWAY = 1001;

    private final Cause cause;

    FarSide(Cause cause) {
        this.cause = cause;
    }

    Ending lost() {
        return Ending.of(cause);
    }

    /// Whether its close frame says something else than what happened, so that the client must get another.
    boolean misnames(Close close) {
        return this != WORKER && (close.code() == GOING_AWAY || close.code() == FrameTracker.NO_STATUS);
    }
}
