package dev.greenroom.registry;

import dev.greenroom.session.Endpoint;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.WorkerId;

/// The answer to a [SlotRequest].
public sealed interface Acquisition {

    /// A slot, for as long as its lease is renewed.
    ///
    /// @param fence grows with every grant of the registry
    record Granted(SessionId session, WorkerId worker, Endpoint endpoint, long fence) implements Acquisition {
        /// What has to be renewed.
        public HeldLease lease() {
            return new HeldLease(session, worker);
        }
    }

    /// Every suitable slot is taken; one may become free.
    record AllTaken() implements Acquisition {}

    /// No live worker serves this browser.
    record NoWorkers() implements Acquisition {}
}
