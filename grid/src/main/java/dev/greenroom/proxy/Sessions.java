package dev.greenroom.proxy;

import dev.greenroom.proxy.admission.Admission;
import dev.greenroom.proxy.admission.Admission.Decision.Admitted;
import dev.greenroom.proxy.backend.Backends;
import dev.greenroom.proxy.client.ClientConnection;
import dev.greenroom.proxy.ending.SessionLog;
import dev.greenroom.proxy.ending.SessionLog.Connect;
import dev.greenroom.proxy.ending.SessionLog.Timed;
import dev.greenroom.proxy.selection.Lease;
import dev.greenroom.proxy.selection.Selection;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.RegistryUnavailableException;
import dev.greenroom.registry.SlotRequest;
import dev.greenroom.session.Refusal;
import dev.greenroom.session.Refusal.NoSlotReason;
import dev.greenroom.session.WorkerId;
import dev.greenroom.wire.LiveRelays;
import dev.greenroom.wire.OutboundConnection;
import dev.greenroom.wire.Relays;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs sessions: one session, one call of [#run], one virtual thread. The slot is held exactly as long as the method
/// that
/// leased it is on the stack.
final class Sessions {
    private static final Logger LOG = LoggerFactory.getLogger(Sessions.class);

    private final Stages stages;
    private final Duration selectTimeout;
    private final LongSupplier nanoTime;

    /// Workers that failed here and have not been reached since, whose ejections grow longer until they are.
    private final Set<WorkerId> suspects = ConcurrentHashMap.newKeySet();

    /// What a session goes through, in this order.
    record Stages(
            Admission admission,
            Selection selection,
            Registry registry,
            Backends backends,
            Relays relays,
            LiveRelays live,
            SessionLog log) {}

    Sessions(Stages stages, Duration selectTimeout, LongSupplier nanoTime) {
        this.stages = stages;
        this.selectTimeout = selectTimeout;
        this.nanoTime = nanoTime;
    }

    /// Serves one client from its request to its end. Interruption means that the client hung up while it waited.
    void run(ClientConnection client) throws InterruptedException {
        var began = nanoTime.getAsLong();
        try {
            switch (stages.admission().consider(client)) {
                case Admission.Decision.Refused(var why) -> refuse(client, why, began);
                case Admitted admitted -> place(client, admitted, began);
            }
        } catch (RegistryUnavailableException e) {
            LOG.atDebug().addKeyValue("cause", e.getMessage()).log("The registry did not answer");
            refuse(client, new Refusal.RegistryUnavailable(), began);
        } catch (InterruptedException e) {
            stages.log().left(client, nanoTime.getAsLong() - began);
            throw e;
        }
    }

    private void refuse(ClientConnection client, Refusal why, long began) {
        var answer = client.refuse(why);
        stages.log().refused(client, new Timed<>(why, nanoTime.getAsLong() - began), answer.status());
    }

    /// Tries workers until one takes the session or the time is up. A worker that fails costs the client nothing but
    /// time.
    private void place(ClientConnection client, Admitted admitted, long began) throws InterruptedException {
        LOG.atDebug().addKeyValue("browser", admitted.browser()).log("Received WebSocket upgrade request");
        var deadline = began + selectTimeout.toNanos();
        Set<WorkerId> tried = new HashSet<>();
        var connect = new Connect(0, 0, 0, 0);
        var noneLeft = NoSlotReason.TIMED_OUT;
        while (true) {
            var wish = new SlotRequest(
                    client.session(), admitted.browser(), admitted.request().version(), tried);
            switch (stages.selection().lease(wish, deadline)) {
                case Selection.Outcome.None(var reason) -> {
                    refuse(client, new Refusal.NoSlot(tried.isEmpty() ? reason : noneLeft), began);
                    return;
                }
                case Selection.Outcome.Leased leased -> {
                    var selected = new Connect(
                            connect.queueNanos() + leased.queueNanos(),
                            connect.selectNanos() + leased.selectNanos(),
                            connect.dialNanos(),
                            connect.tries());
                    try (var lease = leased.lease()) {
                        var attempt = attempt(client, admitted, lease, selected, began);
                        if (attempt instanceof Attempt.Again(var spent, var reason)) {
                            connect = spent;
                            noneLeft = reason;
                            tried.add(lease.worker());
                        } else {
                            return;
                        }
                    }
                }
            }
        }
    }

    /// What came of trying one worker.
    private sealed interface Attempt {
        /// The session is over, or the client has its refusal.
        record Done() implements Attempt {}

        /// This worker did not take the session; another may.
        ///
        /// @param spent on the connect so far
        /// @param why what the client is told when no other does
        record Again(Connect spent, NoSlotReason why) implements Attempt {}
    }

    private Attempt attempt(ClientConnection client, Admitted admitted, Lease lease, Connect selected, long began)
            throws InterruptedException {
        LOG.atDebug()
                .addKeyValue("worker", lease.worker())
                .addKeyValue("endpoint", lease.endpoint().url())
                .log("Selected worker");
        var asked = nanoTime.getAsLong();
        var outcome = stages.backends().dial(lease.endpoint(), admitted.request(), client.eventLoop());
        var connect = new Connect(
                selected.queueNanos(),
                selected.selectNanos(),
                selected.dialNanos() + nanoTime.getAsLong() - asked,
                selected.tries() + 1);
        return switch (outcome) {
            case Backends.Outcome.Connected(var connection) -> {
                if (suspects.remove(lease.worker())) {
                    stages.registry().trust(lease.worker());
                }
                relay(client, admitted, lease, connect, connection, began);
                yield new Attempt.Done();
            }
            case Backends.Outcome.NoVersion(var available) -> {
                var wanted = admitted.request().version();
                refuse(
                        client,
                        wanted.<Refusal>map(version -> new Refusal.NoVersion(version, available))
                                .orElse(new Refusal.NoSlot(NoSlotReason.UNREACHABLE)),
                        began);
                yield new Attempt.Done();
            }
            case Backends.Outcome.NoRoom() -> new Attempt.Again(connect, NoSlotReason.TIMED_OUT);
            case Backends.Outcome.Preparing() -> new Attempt.Again(connect, NoSlotReason.PREPARING);
            case Backends.Outcome.Unreachable(var why) -> {
                LOG.atWarn()
                        .addKeyValue("code", "WORKER_UNREACHABLE")
                        .addKeyValue("sessionId", client.session())
                        .addKeyValue("worker", lease.worker())
                        .addKeyValue("cause", why)
                        .log("A worker did not take a session; it is kept out of selection for a while");
                suspects.add(lease.worker());
                stages.registry().suspect(lease.worker());
                yield new Attempt.Again(connect, NoSlotReason.UNREACHABLE);
            }
        };
    }

    private void relay(
            ClientConnection client,
            Admitted admitted,
            Lease lease,
            Connect connect,
            OutboundConnection worker,
            long began)
            throws InterruptedException {
        LOG.atDebug().log("Backend connection established");
        try (worker) {
            var relay = stages.relays().join(client.connection(), worker, List.of(client.requestId()));
            LOG.atDebug().log("Client connection upgraded");
            LOG.atDebug().log("Starting message relay");
            try (var _ = stages.live().track(client.session(), relay)) {
                var relayed = relay.await();
                stages.log()
                        .ended(
                                client,
                                admitted.request(),
                                lease.worker(),
                                connect,
                                new Timed<>(relayed, nanoTime.getAsLong() - began));
            }
        }
    }
}
