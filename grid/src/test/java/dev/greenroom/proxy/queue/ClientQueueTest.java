package dev.greenroom.proxy.queue;

import static dev.greenroom.registry.RegistryFixtures.beat;
import static dev.greenroom.registry.RegistryFixtures.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.config.ProxySections.LeaseSettings;
import dev.greenroom.config.ProxySections.QueueSettings;
import dev.greenroom.proxy.queue.LeaseKeeper.Lease;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.Registry.SlotRequest;
import dev.greenroom.registry.RegistryFixtures;
import dev.greenroom.registry.memory.MemoryRegistry;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.Tenant;
import dev.greenroom.testkit.UnreliableRegistry;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The clients of two proxies that wait for the one slot of a grid.
@Timeout(60)
class ClientQueueTest {
    private static final int CLIENTS = 10;

    /// Longer than the registry knows a proxy that it does not hear of.
    private static final Duration FORGOTTEN = Duration.ofSeconds(4);

    private final AtomicLong passed = new AtomicLong();
    private final MemoryRegistry registry =
            new MemoryRegistry(RegistryFixtures.limits(1, 1_000), InstantSource.system(), this::nanos);
    private final UnreliableRegistry ofOne = new UnreliableRegistry(registry);
    private final LeaseKeeper leaseKeeper = new LeaseKeeper(
            registry,
            new LeaseSettings(
                    Duration.ofMinutes(15),
                    Duration.ofMinutes(5),
                    Duration.ofMinutes(5),
                    Duration.ofMinutes(1),
                    Duration.ofMinutes(1)));
    private final SlotFinder one = selection(ofOne, "one");
    private final SlotFinder two = selection(registry, "two");
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Queue<SessionId> served = new ConcurrentLinkedQueue<>();
    private final List<SlotRequest> line = new ArrayList<>();
    private final List<Future<?>> clients = new ArrayList<>();
    private Lease held;

    private SlotFinder selection(Registry seen, String proxy) {
        var settings = new QueueSettings(Duration.ofHours(1), 1_000);
        return new SlotFinder(seen, leaseKeeper, settings, this::nanos, proxy);
    }

    private long nanos() {
        return System.nanoTime() + passed.get();
    }

    private void pass(Duration time) {
        passed.addAndGet(time.toNanos());
    }

    @BeforeEach
    void fill() throws Exception {
        registry.heartbeat(beat("a"));
        one.start();
        two.start();
        held = ((SlotFinder.SlotResult.Leased) lease(one, request())).lease();
        for (var n = 0; n < CLIENTS; n++) {
            enter(n % 2 == 0 ? one : two);
        }
    }

    @AfterEach
    void close() {
        threads.shutdownNow();
        one.close();
        two.close();
        leaseKeeper.close();
        registry.close();
    }

    private SlotFinder.SlotResult lease(SlotFinder slotFinder, SlotRequest request) throws InterruptedException {
        return slotFinder.acquire(
                request,
                Tenant.EVERYBODY,
                Duration.ZERO,
                nanos() + Duration.ofHours(1).toNanos());
    }

    /// A client whose session ends as soon as it began.
    private void enter(SlotFinder slotFinder) {
        var request = request();
        line.add(request);
        clients.add(threads.submit(() -> {
            var lease = ((SlotFinder.SlotResult.Leased) lease(slotFinder, request)).lease();
            served.add(request.session());
            lease.close();
            return null;
        }));
        await().until(() -> hasPlace(request));
        pass(Duration.ofMillis(100));
    }

    private boolean hasPlace(SlotRequest request) {
        return registry.keepPlaces("observer", List.of(request)).lost().isEmpty();
    }

    private void awaitPlacesOf(List<SlotRequest> all) {
        await().until(() -> registry.keepPlaces("observer", all).lost().isEmpty());
    }

    private void letAllBeServed() throws Exception {
        held.close();
        for (var client : clients) {
            client.get(30, TimeUnit.SECONDS);
        }
    }

    private List<SessionId> inOrderOfArrival() {
        return line.stream().map(SlotRequest::session).toList();
    }

    @Test
    void a_registry_that_lost_the_queue_gets_it_back_in_order() throws Exception {
        pass(FORGOTTEN);
        assertThat(registry.keepPlaces("observer", line).lost()).hasSize(CLIENTS);
        registry.heartbeat(beat("a"));

        awaitPlacesOf(line);
        letAllBeServed();

        assertThat(served).containsExactlyElementsOf(inOrderOfArrival());
    }

    @Test
    void the_clients_of_a_paused_proxy_keep_their_places() throws Exception {
        ofOne.freeze();
        pass(FORGOTTEN);
        registry.heartbeat(beat("a"));
        awaitPlacesOf(
                line.stream().filter(request -> line.indexOf(request) % 2 == 1).toList());
        assertThat(registry.keepPlaces("observer", line).lost()).hasSize(CLIENTS / 2);
        ofOne.comeBack();

        awaitPlacesOf(line);
        letAllBeServed();

        assertThat(served).containsExactlyElementsOf(inOrderOfArrival());
    }

    @Test
    void a_client_that_hangs_up_during_an_outage_leaves_the_queue_afterwards() throws Exception {
        ofOne.goDown();
        clients.getFirst().cancel(true);
        await().until(() -> one.waiting(BrowserType.CHROMIUM) == CLIENTS / 2 - 1);
        var asked = ofOne.timesAsked();
        await().until(() -> ofOne.timesAsked() > asked + 1);
        assertThat(hasPlace(line.getFirst())).isTrue();
        ofOne.comeBack();

        await().until(() -> !hasPlace(line.getFirst()));
        // The registry may have forgotten the whole proxy meanwhile.
        awaitPlacesOf(line.subList(1, CLIENTS));
        clients.removeFirst();
        letAllBeServed();

        assertThat(served).containsExactlyElementsOf(inOrderOfArrival().subList(1, CLIENTS));
    }

    /// After an error, for example. The heartbeat checks a few places each time, so it would find this one late.
    @Test
    void a_client_that_queues_again_while_its_departure_is_sent_keeps_its_place() throws Exception {
        var returning = request();
        var joined = new Semaphore(0);
        var departed = new CountDownLatch(1);
        var returned = new AtomicBoolean();
        var slotFinder = new AtomicReference<SlotFinder>();
        var seen = (Registry) Proxy.newProxyInstance(
                Registry.class.getClassLoader(), new Class<?>[] {Registry.class}, (_, method, arguments) -> {
                    if (method.getName().equals("keepPlaces")) {
                        return registry.keepPlaces((String) arguments[0], List.of());
                    }
                    // Later ones belong to the end of the test.
                    var departs = method.getName().equals("dequeue")
                            && !((Collection<?>) arguments[0]).isEmpty()
                            && returned.compareAndSet(false, true);
                    if (departs) {
                        threads.submit(() -> lease(slotFinder.get(), returning));
                        joined.acquire();
                    }
                    var result = method.invoke(registry, arguments);
                    if (method.getName().equals("enqueue")) {
                        joined.release();
                    }
                    if (departs) {
                        departed.countDown();
                    }
                    return result;
                });
        try (var three = selection(seen, "three")) {
            slotFinder.set(three);
            three.start();
            var first = threads.submit(() -> lease(three, returning));
            joined.acquire();

            first.cancel(true);
            departed.await();

            await().until(() -> hasPlace(returning));
        }
    }
}
