package dev.greenroom.registry.memory;

import dev.greenroom.registry.Registry;
import dev.greenroom.registry.Registry.RegistryLimits;
import dev.greenroom.registry.SelectionContract;
import dev.greenroom.registry.SessionListContract;
import dev.greenroom.registry.VirtualClock;
import dev.greenroom.registry.WaitQueueContract;
import dev.greenroom.registry.WorkerContract;
import java.time.Duration;

final class MemoryRegistryTest implements SelectionContract, WorkerContract, WaitQueueContract, SessionListContract {
    private final VirtualClock clock = new VirtualClock();

    @Override
    public Registry registry(RegistryLimits limits) {
        return new MemoryRegistry(limits, clock, clock);
    }

    @Override
    public void pass(Duration time) {
        clock.pass(time);
    }
}
