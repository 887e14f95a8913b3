package dev.greenroom.proxy.selection;

import dev.greenroom.config.QueueSettings;
import dev.greenroom.registry.Acquisition;
import dev.greenroom.registry.Enrollment;
import dev.greenroom.registry.LiveSession;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.SlotRequest;
import dev.greenroom.session.Browser;
import dev.greenroom.session.Refusal.NoSlotReason;
import dev.greenroom.session.Tenant;
import java.time.Duration;
import java.util.function.LongSupplier;

/// Finds a slot for a session, or a reason why there is none in time. Safe for use by many threads.
public final class Selection implements AutoCloseable {
    private final Registry registry;
    private final Leases leases;
    private final LongSupplier nanoTime;
    private final WaitingRoom room;

    /// @param proxy the name of this proxy in the queue; no other has it, nor this one after a restart
    public Selection(Registry registry, Leases leases, QueueSettings settings, LongSupplier nanoTime, String proxy) {
        this.registry = registry;
        this.leases = leases;
        this.nanoTime = nanoTime;
        this.room = new WaitingRoom(registry, proxy, settings.maxQueueSize(), nanoTime);
    }

    /// Begins to listen for turns.
    public void start() {
        room.start();
    }

    /// What came of asking.
    public sealed interface Outcome {
        /// A slot.
        ///
        /// @param queueNanos time spent waiting for a slot
        /// @param selectNanos time the registry took to grant it
        record Leased(Lease lease, long queueNanos, long selectNanos) implements Outcome {}

        /// No slot in time.
        record None(NoSlotReason reason) implements Outcome {}
    }

    /// Leases a slot; waits in line while there is none. Blocks; called on a virtual thread. Interruption gives up the
    /// place.
    ///
    /// @param tenant with whom it shares the places
    /// @param waited how long the client has waited already: zero, except where a worker took its slot in vain
    /// @param deadlineNanos on the injected clock
    /// @throws dev.greenroom.registry.RegistryUnavailableException when the registry does not answer
    public Outcome lease(SlotRequest wish, Tenant tenant, Duration waited, long deadlineNanos)
            throws InterruptedException {
        var began = nanoTime.getAsLong();
        // Who comes after others who want the same is behind them: asking first would be in vain, and where there is no
        // place left a flood costs the registry nothing.
        if (!room.isWaitedFor(wish) && attempt(wish, began) instanceof Outcome.Leased leased) {
            return leased;
        }
        var entered = room.enter(wish, tenant, waited);
        if (entered.isEmpty()) {
            return new Outcome.None(NoSlotReason.QUEUE_FULL);
        }
        try (var waiter = entered.get()) {
            if (!waiter.awaitLine(deadlineNanos)) {
                return new Outcome.None(NoSlotReason.TIMED_OUT);
            }
            if (waiter.enroll() instanceof Enrollment.Full) {
                return new Outcome.None(NoSlotReason.QUEUE_FULL);
            }
            Outcome last;
            do {
                last = attempt(wish, began);
                if (last instanceof Outcome.Leased) {
                    waiter.granted();
                    return last;
                }
            } while (waiter.awaitTurn(deadlineNanos));
            return last;
        }
    }

    private Outcome attempt(SlotRequest wish, long began) {
        var asked = nanoTime.getAsLong();
        var known = false;
        try {
            var acquisition = registry.acquire(wish);
            known = true;
            return switch (acquisition) {
                case Acquisition.Granted granted ->
                    new Outcome.Leased(leases.hold(granted, wish), asked - began, nanoTime.getAsLong() - asked);
                case Acquisition.AllTaken() -> new Outcome.None(NoSlotReason.TIMED_OUT);
                case Acquisition.NoWorkers() -> new Outcome.None(NoSlotReason.NO_WORKERS);
            };
        } finally {
            if (!known) {
                leases.release(wish.session());
            }
        }
    }

    /// A client of this proxy that asks for a slot.
    public SlotRequest.Requester requester(LiveSession.Client client) {
        return leases.requester(client);
    }

    /// How many clients of this proxy wait for a browser type.
    public int waiting(Browser browser) {
        return room.size(browser);
    }

    @Override
    public void close() {
        room.close();
    }
}
