package dev.greenroom.wire;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// The end of a relay: told once, and waited for by one thread. That one parks here and not in a future, since what is
/// on its stack is kept for as long as the session lasts.
final class RelayEnd {
    /// Written before the thread that waits is woken.
    private volatile @Nullable Relayed over;

    private volatile @Nullable Thread waiter;

    /// Whether it was told. By the thread that tells it, later ones would be too late.
    boolean isOver() {
        return over != null;
    }

    /// Tells it. By one thread, once.
    void over(Relayed relayed) {
        over = relayed;
        LockSupport.unpark(waiter);
    }

    /// Waits until it is told.
    ///
    /// @param interrupted ends the relay, for nobody waits for it any more
    Relayed await(Runnable interrupted) throws InterruptedException {
        waiter = Thread.currentThread();
        var relayed = over;
        while (relayed == null) {
            if (Thread.interrupted()) {
                interrupted.run();
                throw new InterruptedException();
            }
            LockSupport.park(this);
            relayed = over;
        }
        return relayed;
    }
}
