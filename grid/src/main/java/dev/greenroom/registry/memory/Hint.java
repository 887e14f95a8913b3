package dev.greenroom.registry.memory;

import dev.greenroom.session.Browser;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.WorkerId;

/// Something that a listener is told once the lock is free.
sealed interface Hint {
    record Freed(Browser browser) implements Hint {}

    record Turn(SessionId session) implements Hint {}

    record Ordered(WorkerId worker) implements Hint {}

    record End(SessionId session) implements Hint {}
}
