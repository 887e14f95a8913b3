package dev.greenroom.proxy;

import dev.greenroom.proxy.ending.SessionLog.Connect;
import dev.greenroom.session.Refusal.NoSlotReason;

/// What came of trying one worker.
sealed interface Attempt {
    /// The session is over, or the client has its refusal.
    ///
    /// @param lost whether its worker went away without a word
    record Done(boolean lost) implements Attempt {}

    /// This worker did not take the session; another may.
    ///
    /// @param spent on the connect so far
    /// @param why what the client is told when no other does
    record Again(Connect spent, NoSlotReason why) implements Attempt {
        /// Whether the worker is well, and only had no room or no browser of this version yet.
        boolean wasBusy() {
            return why == NoSlotReason.AT_CAPACITY || why == NoSlotReason.PREPARING;
        }
    }
}
