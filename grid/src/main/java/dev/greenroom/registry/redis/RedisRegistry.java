package dev.greenroom.registry.redis;

import dev.greenroom.config.RedisSettings;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.Registry.Acquisition;
import dev.greenroom.registry.Registry.Heartbeat;
import dev.greenroom.registry.Registry.Heartbeat.HeartbeatReply;
import dev.greenroom.registry.Registry.HeldLease;
import dev.greenroom.registry.Registry.LeaseRenewal;
import dev.greenroom.registry.Registry.QueueEntry;
import dev.greenroom.registry.Registry.QueueWait;
import dev.greenroom.registry.Registry.RegistryLimits;
import dev.greenroom.registry.Registry.RegistryUnavailableException;
import dev.greenroom.registry.Registry.SlotRequest;
import dev.greenroom.registry.SessionList;
import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.registry.redis.RedisExamination.RedisServerInfo;
import dev.greenroom.schedule.Subscription;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.WorkerEndpoint;
import dev.greenroom.session.WorkerId;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.ObjLongConsumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The registry in Redis 6.2 or newer, shared by all proxies and workers of a grid.
///
/// It can be created and started while Redis is down: every operation then throws at once, until Redis can be
/// reached.
public final class RedisRegistry implements Registry {
    private static final Logger LOG = LoggerFactory.getLogger(RedisRegistry.class);
    private static final int MAX_WORKERS_UNREADABLE = 3;

    private final RedisAccess access;
    private final ScriptClient client;
    private final GridScripts scripts;
    private final AcquireBatcher slots;
    private final AcquireBatcher places;
    private final RedisNotifications notifications;
    private final WorkerListCache workers;
    private final RedisSessionList sessions;

    /// The lifetime count of the last reply to each worker run. It is sent with the next heartbeat, so that a
    /// Redis that was emptied gets it back, and knows that the run is not new. Has one entry for each worker
    /// run of this process.
    private final Map<String, Integer> lifetimes = new ConcurrentHashMap<>();

    /// @throws IllegalArgumentException when the settings name no Redis
    public RedisRegistry(RedisSettings settings, RegistryLimits limits) {
        this(settings, limits, System::nanoTime);
    }

    /// @param nanos a clock that never goes backwards; decides when the list of workers is read again
    RedisRegistry(RedisSettings settings, RegistryLimits limits, LongSupplier nanos) {
        this.access = RedisAccess.open(settings);
        this.client = new ScriptClient(access);
        this.scripts = new GridScripts(client, limits);
        this.slots = new AcquireBatcher(scripts, RedisScript.ACQUIRE);
        this.places = new AcquireBatcher(scripts, RedisScript.ENROLL);
        this.notifications = new RedisNotifications(access, client);
        this.sessions = new RedisSessionList(scripts, notifications);
        this.workers = new WorkerListCache(this::readWorkers, nanos);
    }

    /// Creates a registry, starts it and waits for its first connection.
    ///
    /// @param limit how long to wait
    /// @throws RegistryUnavailableException when there is no connection by then
    public static RedisRegistry connect(RedisSettings settings, RegistryLimits limits, Duration limit)
            throws InterruptedException {
        var registry = new RedisRegistry(settings, limits);
        registry.start();
        if (!registry.awaitConnection(limit)) {
            registry.close();
            throw new RegistryUnavailableException("no Redis was reached within " + limit.toMillis() + " ms", null);
        }
        return registry;
    }

    /// Starts to connect, and to reconnect after each loss. Returns at once.
    public void start() {
        client.start();
        notifications.start();
    }

    /// Waits for the first connection.
    ///
    /// @return whether there has been one within the limit
    public boolean awaitConnection(Duration limit) throws InterruptedException {
        return client.awaitFirst(limit);
    }

    /// Calls back after every script, whether Redis answered or not, with its name and the time that it took
    /// in nanoseconds. The listener must not block.
    public void onAnswer(ObjLongConsumer<String> listener) {
        client.onAnswer(listener);
    }

    /// Calls back with the address of each Redis and Sentinel that is reached, at every connection. Called
    /// before [#start].
    ///
    /// @param listener must not block
    public void onReached(Consumer<InetSocketAddress> listener) {
        access.onReached(listener);
    }

    /// Whether there is a connection to Redis.
    public boolean isConnected() {
        return client.facts().isPresent();
    }

    /// Whether the Redis that was reached runs in cluster mode, which the registry cannot use.
    public boolean isCluster() {
        return client.isCluster();
    }

    /// Problems of the connected Redis, each a sentence with the remedy; empty when there are none, or no
    /// connection.
    public List<String> findings() {
        return client.facts().map(RedisServerInfo::findings).orElse(List.of());
    }

    @Override
    public Acquisition acquire(SlotRequest request) {
        var excluded = new HashSet<String>();
        request.excluded().forEach(worker -> excluded.add(worker.toString()));
        for (var attempt = 0; attempt < MAX_WORKERS_UNREADABLE; attempt++) {
            var reply = slots.ask(arguments(request, excluded));
            var answer = switch (ScriptReplies.word(reply, 0)) {
                case "taken" -> Optional.<Acquisition>of(new Acquisition.AllTaken());
                case "none" -> Optional.<Acquisition>of(new Acquisition.NoWorkers());
                default -> granted(request.session(), reply);
            };
            if (answer.isPresent()) {
                return answer.get();
            }
            excluded.add(ScriptReplies.word(reply, 1));
        }
        release(List.of(request.session()));
        return new Acquisition.AllTaken();
    }

    private static List<String> arguments(SlotRequest request, Set<String> excluded) {
        var asked = Stream.of(
                request.browser().wireName(),
                request.session().toString(),
                request.version().map(Object::toString).orElse(""),
                request.requester().map(SlotRequest.Requester::proxy).orElse(""),
                Long.toString(request.session().madeAt().toEpochMilli()));
        var client = RedisSessionList.clientFields(request.requester().map(SlotRequest.Requester::client));
        var without = Stream.concat(Stream.of(Integer.toString(excluded.size())), excluded.stream());
        return Stream.of(asked, client, without).flatMap(it -> it).toList();
    }

    private static Optional<Acquisition> granted(SessionId session, List<Object> reply) {
        var worker = WorkerId.of(ScriptReplies.word(reply, 1));
        var endpoint = WorkerEndpoint.of(ScriptReplies.word(reply, 2));
        if (worker.isEmpty() || endpoint.isEmpty()) {
            LOG.atWarn()
                    .addKeyValue("code", "the-worker-s-record-is-not-valid")
                    .addKeyValue("workerId", ScriptReplies.word(reply, 1))
                    .log("Worker record invalid");
            return Optional.empty();
        }
        var fence = Long.parseLong(ScriptReplies.word(reply, 3));
        return Optional.of(new Acquisition.Granted(session, worker.get(), endpoint.get(), fence));
    }

    @Override
    public LeaseRenewal renew(Collection<HeldLease> leases) {
        var held = leases.stream()
                .map(lease -> lease.worker() + "|" + lease.session())
                .toList();
        return ScriptReplies.renewal(scripts.runInBatches(RedisScript.RENEW, held));
    }

    @Override
    public void release(Collection<SessionId> sessions) {
        scripts.runInBatches(RedisScript.RELEASE, sessions);
    }

    @Override
    public HeartbeatReply heartbeat(Heartbeat heartbeat) {
        var key = heartbeat.worker() + "|" + heartbeat.incarnation();
        var recycling = heartbeat.recycling();
        var reply = scripts.run(
                RedisScript.HEARTBEAT,
                Stream.of(
                        heartbeat.worker().toString(),
                        heartbeat.incarnation(),
                        heartbeat.endpoint().url(),
                        heartbeat.status().wireName(),
                        Long.toString(heartbeat.startedAt().getEpochSecond()),
                        heartbeat.versions().toString(),
                        text(heartbeat.load().slots()),
                        Long.toString(heartbeat.interval().toSeconds()),
                        Long.toString(heartbeat.ttl().toMillis()),
                        heartbeat.software(),
                        lifetimes.containsKey(key) ? Integer.toString(lifetimes.getOrDefault(key, 0)) : "",
                        recycling.outgrown() ? "1" : "0",
                        text(heartbeat.load().lifetime()),
                        Integer.toString(heartbeat.load().occupied()),
                        recycling.mode().wireName(),
                        recycling.replaces().map(WorkerId::toString).orElse(""),
                        Integer.toString(heartbeat.load().hungDrivers()),
                        heartbeat.load().browsersTaken().toString()));
        if (reply.size() > 1) {
            lifetimes.merge(key, ScriptReplies.number(reply, 2), Math::max);
            logUnknownOrder(heartbeat.worker(), ScriptReplies.word(reply, 5));
        }
        return ScriptReplies.heartbeat(reply);
    }

    private static void logUnknownOrder(WorkerId worker, String found) {
        if (!found.isEmpty()) {
            LOG.atWarn()
                    .addKeyValue("code", "ORDER_UNKNOWN")
                    .addKeyValue("worker", worker)
                    .addKeyValue("found", found)
                    .log("Unknown order for this worker deleted; `shutdown` is the only one");
        }
    }

    private static String text(OptionalInt limit) {
        return limit.isPresent() ? Integer.toString(limit.getAsInt()) : "";
    }

    @Override
    public void deregister(WorkerId worker, String incarnation) {
        try {
            scripts.run(RedisScript.LEAVE, Stream.of(worker.toString(), incarnation));
        } finally {
            lifetimes.remove(worker + "|" + incarnation);
        }
    }

    @Override
    public boolean deregister(WorkerId worker) {
        return ScriptReplies.number(scripts.run(RedisScript.DEREGISTER, Stream.of(worker.toString()))) == 1;
    }

    @Override
    public void suspect(WorkerId worker) {
        scripts.run(RedisScript.SUSPECT, Stream.of(worker.toString()));
    }

    @Override
    public void clearSuspicion(WorkerId worker) {
        scripts.run(RedisScript.TRUST, Stream.of(worker.toString()));
    }

    @Override
    public boolean orderShutdown(WorkerId worker) {
        return ScriptReplies.number(scripts.run(RedisScript.ORDER, Stream.of(worker.toString()))) == 1;
    }

    @Override
    public SessionList sessions() {
        return sessions;
    }

    @Override
    public List<WorkerRecord> workers() {
        return workers.get();
    }

    @Override
    public List<WorkerRecord> knownWorkers() {
        return workers.known();
    }

    @Override
    public void probe() {
        scripts.run(RedisScript.PROBE, Stream.of());
    }

    @Override
    public int reap() {
        var reply = scripts.run(RedisScript.REAP, Stream.of());
        var damaged = ScriptReplies.word(reply, 1);
        if (!damaged.isEmpty()) {
            LOG.atWarn()
                    .addKeyValue("code", "REDIS_NUMBERS_REPAIRED")
                    .addKeyValue("keys", damaged)
                    .log("Numbers in Redis that nobody of this grid has written were replaced");
        }
        return ScriptReplies.number(reply);
    }

    @Override
    public QueueEntry enqueue(String proxy, SlotRequest request, Duration waited) {
        var fields = queueFields(proxy, new QueueWait(request, waited));
        return ScriptReplies.enrollment(places.ask(fields.toList()));
    }

    @Override
    public KeptPlaces keepPlaces(String proxy, Collection<SlotRequest> checked) {
        var fields = checked.stream()
                .flatMap(request -> Stream.of(
                        request.browser().wireName(), request.session().toString()));
        return ScriptReplies.keptPlaces(scripts.run(RedisScript.KEEP, Stream.concat(Stream.of(proxy), fields)));
    }

    @Override
    public boolean hasQueue(BrowserType browser) {
        return ScriptReplies.number(scripts.run(RedisScript.QUEUED, Stream.of(browser.wireName()))) > 0;
    }

    @Override
    public void restorePlaces(String proxy, Collection<QueueWait> waits) {
        scripts.runInBatches(RedisScript.ENROLL, waits, wait -> queueFields(proxy, wait));
    }

    @Override
    public void dequeue(Collection<SessionId> sessions) {
        scripts.runInBatches(RedisScript.ABANDON, sessions);
    }

    private static Stream<String> queueFields(String proxy, QueueWait wait) {
        var request = wait.request();
        var excluded = request.excluded().stream().map(WorkerId::toString).collect(Collectors.joining(","));
        return Stream.of(
                request.browser().wireName(),
                request.session().toString(),
                request.version().map(Object::toString).orElse("") + "|" + excluded + "|" + proxy,
                Long.toString(wait.waited().toMillis()));
    }

    @Override
    public Subscription onTurn(Consumer<SessionId> listener) {
        return notifications.onTurn(listener);
    }

    @Override
    public Subscription onOrder(Consumer<WorkerId> listener) {
        return notifications.onOrder(listener);
    }

    @Override
    public Subscription onReconnect(Runnable listener) {
        return client.onReconnect(listener);
    }

    @Override
    public void close() {
        notifications.close();
        client.close();
        access.close();
    }

    private List<WorkerRecord> readWorkers() {
        List<WorkerRecord> found = new ArrayList<>();
        for (var browser : BrowserType.values()) {
            var cursor = "0";
            do {
                var page =
                        ScriptReplies.workers(scripts.run(RedisScript.WORKERS, Stream.of(browser.wireName(), cursor)));
                found.addAll(page.workers());
                cursor = page.next();
            } while (!cursor.equals("0"));
        }
        return found.stream().distinct().toList();
    }
}
