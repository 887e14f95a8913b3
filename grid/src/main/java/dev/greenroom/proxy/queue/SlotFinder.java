package dev.greenroom.proxy.queue;

import dev.greenroom.config.ProxySections.QueueSettings;
import dev.greenroom.proxy.queue.LeaseKeeper.Lease;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.Registry.Acquisition;
import dev.greenroom.registry.Registry.QueueEntry;
import dev.greenroom.registry.Registry.RegistryUnavailableException;
import dev.greenroom.registry.Registry.SlotRequest;
import dev.greenroom.registry.SessionList.LiveSession;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.Refusal.NoSlotReason;
import dev.greenroom.session.Tenant;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/// Acquires a slot for a session: asks the registry, and queues the client while all slots are taken.
/// Thread-safe.
public final class SlotFinder implements AutoCloseable {
    private static final Duration WANTED_MAX_AGE = Duration.ofMillis(90);

    private final Registry registry;
    private final LeaseKeeper leaseKeeper;
    private final LongSupplier nanoTime;
    private final ClientQueue queue;
    private final Map<BrowserType, QueueLook> wanted = new ConcurrentHashMap<>();

    /// Whether a slot was wanted.
    private record QueueLook(long atNanos, boolean wanted) {}

    /// @param proxy the unique name of this proxy in the queue, another one after each restart
    public SlotFinder(
            Registry registry, LeaseKeeper leaseKeeper, QueueSettings settings, LongSupplier nanoTime, String proxy) {
        this.registry = registry;
        this.leaseKeeper = leaseKeeper;
        this.nanoTime = nanoTime;
        this.queue = new ClientQueue(registry, proxy, settings.maxQueueSize(), nanoTime);
    }

    /// Subscribes to the queue and starts the heartbeat of its entries.
    public void start() {
        queue.start();
    }

    /// The outcome of [#acquire].
    public sealed interface SlotResult {
        /// A slot was leased.
        ///
        /// @param queueNanos how long the client was queued
        /// @param selectNanos how long the registry took to grant the slot
        record Leased(Lease lease, long queueNanos, long selectNanos) implements SlotResult {}

        /// There was no slot in time.
        record None(NoSlotReason reason) implements SlotResult {}
    }

    /// Leases a slot; queues while there is none. Blocks; called on a virtual thread. Interruption
    /// removes the client from the queue.
    ///
    /// @param tenant whose share of the queue the client uses
    /// @param waited how long the client has waited already: zero unless a worker failed it before
    /// @param deadlineNanos on the monotonic clock
    /// @throws dev.greenroom.registry.Registry.RegistryUnavailableException if the registry does not
    ///     answer
    public SlotResult acquire(SlotRequest request, Tenant tenant, Duration waited, long deadlineNanos)
            throws InterruptedException {
        var began = nanoTime.getAsLong();
        // If others already wait for the same, asking first would be useless; and once the queue is full, a flood of
        // clients costs the registry nothing.
        if (!queue.hasWaitersFor(request) && attempt(request, began) instanceof SlotResult.Leased leased) {
            return leased;
        }
        var joined = queue.join(request, tenant, waited);
        if (joined.isEmpty()) {
            return new SlotResult.None(NoSlotReason.QUEUE_FULL);
        }
        try (var queued = joined.get()) {
            if (!queued.awaitTenantShare(deadlineNanos)) {
                return new SlotResult.None(NoSlotReason.TIMED_OUT);
            }
            if (queued.enqueue() instanceof QueueEntry.Full) {
                return new SlotResult.None(NoSlotReason.QUEUE_FULL);
            }
            SlotResult last;
            do {
                last = attempt(request, began);
                if (last instanceof SlotResult.Leased) {
                    queued.markGranted();
                    return last;
                }
            } while (queued.awaitTurn(deadlineNanos));
            return last;
        }
    }

    private SlotResult attempt(SlotRequest request, long began) {
        var asked = nanoTime.getAsLong();
        var answered = false;
        try {
            var acquisition = registry.acquire(request);
            answered = true;
            return switch (acquisition) {
                case Acquisition.Granted granted ->
                    new SlotResult.Leased(
                            leaseKeeper.hold(granted, request), asked - began, nanoTime.getAsLong() - asked);
                case Acquisition.AllTaken() -> new SlotResult.None(NoSlotReason.TIMED_OUT);
                case Acquisition.NoWorkers() -> new SlotResult.None(NoSlotReason.NO_WORKERS);
            };
        } finally {
            if (!answered) {
                leaseKeeper.release(request.session());
            }
        }
    }

    /// Names this proxy and a client of it, for the registry's list of sessions.
    public SlotRequest.Requester requester(LiveSession.Client client) {
        return leaseKeeper.requester(client);
    }

    /// The number of clients of this proxy that are queued for a browser type.
    public int waiting(BrowserType browser) {
        return queue.size(browser);
    }

    /// Whether a client of any proxy is queued for a browser type. Asks the registry ten times a second at most,
    /// however many ask this.
    public boolean isSlotWanted(BrowserType browser) {
        if (queue.size(browser) > 0) {
            return true;
        }
        var now = nanoTime.getAsLong();
        var last = wanted.get(browser);
        if (last == null || now - last.atNanos() >= WANTED_MAX_AGE.toNanos()) {
            wanted.put(browser, new QueueLook(now, last != null && last.wanted()));
            try {
                last = new QueueLook(now, registry.hasQueue(browser));
            } catch (RegistryUnavailableException _) {
                last = new QueueLook(now, false);
            }
            wanted.put(browser, last);
        }
        return last.wanted();
    }

    @Override
    public void close() {
        queue.close();
    }
}
