package dev.greenroom.testkit;

import dev.greenroom.registry.Registry;
import dev.greenroom.registry.Registry.Acquisition;
import dev.greenroom.registry.Registry.Heartbeat;
import dev.greenroom.registry.Registry.Heartbeat.HeartbeatReply;
import dev.greenroom.registry.Registry.HeldLease;
import dev.greenroom.registry.Registry.LeaseRenewal;
import dev.greenroom.registry.Registry.QueueEntry;
import dev.greenroom.registry.Registry.QueueWait;
import dev.greenroom.registry.Registry.RegistryUnavailableException;
import dev.greenroom.registry.Registry.SlotRequest;
import dev.greenroom.registry.SessionList;
import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.schedule.Subscription;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.WorkerId;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/// A registry that stops answering when it is told to, and forgets nothing meanwhile.
public final class UnreliableRegistry implements Registry {
    private final Registry registry;
    private final AtomicInteger asked = new AtomicInteger();
    private final Semaphore mistakes = new Semaphore(0);
    private volatile boolean down;
    private volatile boolean mistaken;
    private volatile CountDownLatch frozen = new CountDownLatch(0);

    /// @param registry answers while this one is up
    public UnreliableRegistry(Registry registry) {
        this.registry = registry;
    }

    /// Answers no more.
    public void goDown() {
        down = true;
    }

    /// Fails in a way that no registry may, until it comes back.
    public void makeMistakes() {
        mistaken = true;
    }

    /// Waits until it has failed so often in that way, since it was asked this last.
    public void awaitMistakes(int times) throws InterruptedException {
        mistakes.acquire(times);
    }

    /// Neither answers nor says that it does not, until it comes back.
    public void freeze() {
        frozen = new CountDownLatch(1);
    }

    /// Answers again.
    public void comeBack() {
        down = false;
        mistaken = false;
        frozen.countDown();
    }

    /// How often it was asked, with and without an answer.
    public int timesAsked() {
        return asked.get();
    }

    private void awaitThaw() {
        try {
            frozen.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RegistryUnavailableException("the wait for a frozen registry was interrupted", e);
        }
    }

    private Registry whenUp() {
        asked.incrementAndGet();
        awaitThaw();
        if (mistaken) {
            mistakes.release();
            throw new IllegalStateException("the registry was told to make a mistake");
        }
        if (down) {
            throw new RegistryUnavailableException(
                    "the registry was told not to answer", new IOException("connection refused"));
        }
        return registry;
    }

    @Override
    public Acquisition acquire(SlotRequest request) {
        return whenUp().acquire(request);
    }

    @Override
    public LeaseRenewal renew(Collection<HeldLease> leases) {
        return whenUp().renew(leases);
    }

    @Override
    public void release(Collection<SessionId> sessions) {
        whenUp().release(sessions);
    }

    @Override
    public HeartbeatReply heartbeat(Heartbeat heartbeat) {
        return whenUp().heartbeat(heartbeat);
    }

    @Override
    public void deregister(WorkerId worker, String incarnation) {
        whenUp().deregister(worker, incarnation);
    }

    @Override
    public boolean deregister(WorkerId worker) {
        return whenUp().deregister(worker);
    }

    @Override
    public void suspect(WorkerId worker) {
        whenUp().suspect(worker);
    }

    @Override
    public void clearSuspicion(WorkerId worker) {
        whenUp().clearSuspicion(worker);
    }

    @Override
    public boolean orderShutdown(WorkerId worker) {
        return whenUp().orderShutdown(worker);
    }

    @Override
    public boolean hasQueue(BrowserType browser) {
        return whenUp().hasQueue(browser);
    }

    @Override
    public SessionList sessions() {
        return whenUp().sessions();
    }

    @Override
    public List<WorkerRecord> workers() {
        return whenUp().workers();
    }

    @Override
    public void probe() {
        whenUp().probe();
    }

    @Override
    public int reap() {
        return whenUp().reap();
    }

    @Override
    public QueueEntry enqueue(String proxy, SlotRequest request, Duration waited) {
        return whenUp().enqueue(proxy, request, waited);
    }

    @Override
    public KeptPlaces keepPlaces(String proxy, Collection<SlotRequest> checked) {
        return whenUp().keepPlaces(proxy, checked);
    }

    @Override
    public void restorePlaces(String proxy, Collection<QueueWait> waits) {
        whenUp().restorePlaces(proxy, waits);
    }

    @Override
    public void dequeue(Collection<SessionId> sessions) {
        whenUp().dequeue(sessions);
    }

    @Override
    public Subscription onTurn(Consumer<SessionId> listener) {
        return registry.onTurn(listener);
    }

    @Override
    public Subscription onOrder(Consumer<WorkerId> listener) {
        return registry.onOrder(listener);
    }

    @Override
    public Subscription onReconnect(Runnable listener) {
        return registry.onReconnect(listener);
    }

    @Override
    public void close() {
        registry.close();
    }
}
