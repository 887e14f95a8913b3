package dev.greenroom.registry.memory;

import dev.greenroom.session.Browser;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.WorkerId;

/// Something that a listener is told once the lock is free.
sealed interface Hint {
    /// Compared by what is written out here: what the compiler makes for records is linked when it is first called, on
    /// the way of the first session.
    record Freed(Browser browser) implements Hint {
        @Override
        public boolean equals(Object other) {
            return other instanceof Freed(var otherBrowser) && browser == otherBrowser;
        }

        @Override
        public int hashCode() {
            return browser.hashCode();
        }
    }

    record Turn(SessionId session) implements Hint {}

    record Ordered(WorkerId worker) implements Hint {}

    record End(SessionId session) implements Hint {}
}
