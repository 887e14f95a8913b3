package dev.greenroom.registry.simulation;

import dev.greenroom.registry.Registry;
import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/// The registry under test, with control over its time and memory.
public interface SubjectRegistry {

    /// The registry itself; another one after [#wipe] is allowed.
    Registry registry();

    /// Delivers notifications at once, on the calling thread, or not at all: notifications may be
    /// lost.
    void listen(Consumer<SessionId> onTurn, Consumer<WorkerId> onOrder);

    void pass(Duration time);

    /// Makes it forget everything.
    void wipe();

    /// Has it drop what nobody holds any more.
    void reap();

    /// What it knows now, not a second ago.
    List<WorkerRecord> workers();
}
