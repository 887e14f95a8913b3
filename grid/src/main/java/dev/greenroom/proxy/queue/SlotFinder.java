package dev.greenroom.proxy.queue;

import dev.greenroom.config.settings.ProxySections.QueueSettings;
import dev.greenroom.proxy.queue.LeaseKeeper.Lease;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.Registry.Acquisition;
import dev.greenroom.registry.Registry.QueueEntry;
import dev.greenroom.registry.Registry.SlotRequest;
import dev.greenroom.registry.SessionList.LiveSession;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.Refusal.NoSlotReason;
import dev.greenroom.session.Tenant;
import java.time.Duration;
import java.util.function.LongSupplier;

/// Finds a slot for a session, or a reason why there is none in time. Safe for use by many threads.
public final class SlotFinder implements AutoCloseable {
    private final Registry registry;
    private final LeaseKeeper leaseKeeper;
    private final LongSupplier nanoTime;
    private final ClientQueue room;

    /// @param proxy the name of this proxy in the queue; no other has it, nor this one after a restart
    public SlotFinder(
            Registry registry, LeaseKeeper leaseKeeper, QueueSettings settings, LongSupplier nanoTime, String proxy) {
        this.registry = registry;
        this.leaseKeeper = leaseKeeper;
        this.nanoTime = nanoTime;
        this.room = new ClientQueue(registry, proxy, settings.maxQueueSize(), nanoTime);
    }

    /// Begins to listen for turns.
    public void start() {
        room.start();
    }

    /// What came of asking.
    public sealed interface SlotResult {
        /// A slot.
        ///
        /// @param queueNanos time spent waiting for a slot
        /// @param selectNanos time the registry took to grant it
        record Leased(Lease lease, long queueNanos, long selectNanos) implements SlotResult {}

        /// No slot in time.
        record None(NoSlotReason reason) implements SlotResult {}
    }

    /// Leases a slot; waits in line while there is none. Blocks; called on a virtual thread. Interruption
    /// gives up the place.
    ///
    /// @param tenant with whom it shares the places
    /// @param waited how long the client has waited already: zero, except where a worker took its slot in
    ///     vain
    /// @param deadlineNanos on the injected clock
    /// @throws dev.greenroom.registry.Registry.RegistryUnavailableException when the registry does not
    ///     answer
    public SlotResult lease(SlotRequest request, Tenant tenant, Duration waited, long deadlineNanos)
            throws InterruptedException {
        var began = nanoTime.getAsLong();
        // Who comes after others who want the same is behind them: asking first would be in vain, and where there is no
        // place left a flood costs the registry nothing.
        if (!room.isWaitedFor(request) && attempt(request, began) instanceof SlotResult.Leased leased) {
            return leased;
        }
        var entered = room.join(request, tenant, waited);
        if (entered.isEmpty()) {
            return new SlotResult.None(NoSlotReason.QUEUE_FULL);
        }
        try (var waiter = entered.get()) {
            if (!waiter.awaitLine(deadlineNanos)) {
                return new SlotResult.None(NoSlotReason.TIMED_OUT);
            }
            if (waiter.enroll() instanceof QueueEntry.Full) {
                return new SlotResult.None(NoSlotReason.QUEUE_FULL);
            }
            SlotResult last;
            do {
                last = attempt(request, began);
                if (last instanceof SlotResult.Leased) {
                    waiter.granted();
                    return last;
                }
            } while (waiter.awaitTurn(deadlineNanos));
            return last;
        }
    }

    private SlotResult attempt(SlotRequest request, long began) {
        var asked = nanoTime.getAsLong();
        var known = false;
        try {
            var acquisition = registry.acquire(request);
            known = true;
            return switch (acquisition) {
                case Acquisition.Granted granted ->
                    new SlotResult.Leased(
                            leaseKeeper.hold(granted, request), asked - began, nanoTime.getAsLong() - asked);
                case Acquisition.AllTaken() -> new SlotResult.None(NoSlotReason.TIMED_OUT);
                case Acquisition.NoWorkers() -> new SlotResult.None(NoSlotReason.NO_WORKERS);
            };
        } finally {
            if (!known) {
                leaseKeeper.release(request.session());
            }
        }
    }

    /// A client of this proxy that asks for a slot.
    public SlotRequest.Requester requester(LiveSession.Client client) {
        return leaseKeeper.requester(client);
    }

    /// How many clients of this proxy wait for a browser type.
    public int waiting(BrowserType browser) {
        return room.size(browser);
    }

    @Override
    public void close() {
        room.close();
    }
}
