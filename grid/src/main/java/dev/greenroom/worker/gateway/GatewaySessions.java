package dev.greenroom.worker.gateway;

import dev.greenroom.config.PoolSettings;
import dev.greenroom.config.WorkerSections;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.RegistryUnavailableException;
import dev.greenroom.session.Browser;
import dev.greenroom.session.Ending;
import dev.greenroom.session.Ending.Cause;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.Refusal;
import dev.greenroom.session.Refusal.NoSlotReason;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.Wishes;
import dev.greenroom.wire.Answer;
import dev.greenroom.wire.ClientLog;
import dev.greenroom.wire.Dialer;
import dev.greenroom.wire.Dialled;
import dev.greenroom.wire.Header;
import dev.greenroom.wire.InboundConnection;
import dev.greenroom.wire.LiveRelays;
import dev.greenroom.wire.OutboundConnection;
import dev.greenroom.wire.Refusals;
import dev.greenroom.wire.Relayed;
import dev.greenroom.wire.Relays;
import dev.greenroom.wire.UpgradeRequest;
import dev.greenroom.wire.WishReader;
import dev.greenroom.worker.pool.BrowserPool;
import dev.greenroom.worker.pool.PooledBrowser;
import dev.greenroom.worker.pool.TakeResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/// Runs sessions on this worker: one session, one call of [#run], one virtual thread. Slot and browser are held
/// exactly as long as that call lasts.
final class GatewaySessions {
    private static final Logger LOG = LoggerFactory.getLogger(GatewaySessions.class);
    private static final Duration DRIVER_HANDSHAKE = Duration.ofSeconds(5);

    private final Proofs proofs;
    private final ProcessSlots.Run slots;
    private final BrowserPool pool;
    private final Duration launchTimeout;
    private final ReadyLines ready;
    private final Dialer dialer;
    private final Relays relays;
    private final LiveRelays live;
    private final Registry registry;
    private final LongSupplier nanoTime;
    private final Level lines;
    private final Browser type;
    private final boolean shared;

    /// What a session on this worker goes through, in this order.
    record Stages(
            Proofs proofs,
            ProcessSlots.Run slots,
            BrowserPool pool,
            ReadyLines lines,
            Dialer dialer,
            Relays relays,
            LiveRelays live,
            Registry registry) {}

    /// @param settings say which browser, and how long its launch may take
    GatewaySessions(Stages stages, WorkerSections settings, Gateway.Surroundings surroundings) {
        this.proofs = stages.proofs();
        this.slots = stages.slots();
        this.pool = stages.pool();
        this.ready = stages.lines();
        this.dialer = stages.dialer();
        this.relays = stages.relays();
        this.live = stages.live();
        this.registry = stages.registry();
        this.launchTimeout = settings.pool().launchTimeout();
        this.type = settings.browser().type();
        this.shared = settings.pool().isolation() == PoolSettings.Isolation.SHARED;
        this.nanoTime = surroundings.nanoTime();
        this.lines = surroundings.sessionLines();
    }

    /// What the client wants, as far as this worker needs to know.
    ///
    /// @param agent the client's `User-Agent`, which the driver checks
    /// @param fields of the 101, for the proxy
    private record Wanted(UpgradeRequest upgrade, Optional<String> agent, Wishes wishes, List<Header> fields) {
        Optional<PlaywrightVersion> version() {
            return agent.flatMap(PlaywrightVersion::ofUserAgent);
        }
    }

    /// Serves one session. Interruption means that the proxy hung up while it waited.
    void run(SessionId session, InboundConnection proxy) throws InterruptedException {
        var proof = proofs.answer(proxy.head(), session);
        if (proof.isEmpty()) {
            refuse(proxy, new Refusal.Unauthorized());
            return;
        }
        switch (UpgradeRequest.check(proxy.head())) {
            case UpgradeRequest.Checked.Invalid(var detail) -> refuse(proxy, new Refusal.BadRequest(detail));
            case UpgradeRequest.Checked.Valid(var upgrade) -> {
                switch (WishReader.read(proxy.head())) {
                    case WishReader.Read.Refused(var why) -> refuse(proxy, why);
                    case WishReader.Read.Checked(var wishes, var _) -> {
                        var applicable = pool.applicable(wishes);
                        List<Header> fields = new ArrayList<>(proof.get());
                        ClientLog.ignoredByWorker(applicable.ignored()).ifPresent(fields::add);
                        withSlot(
                                session,
                                proxy,
                                new Wanted(upgrade, proxy.head().header("User-Agent"), applicable.wishes(), fields));
                    }
                }
            }
        }
    }

    private static void refuse(InboundConnection proxy, Refusal why) {
        proxy.answer(Refusals.answer(why));
    }

    private void withSlot(SessionId session, InboundConnection proxy, Wanted wanted) throws InterruptedException {
        var taken = slots.take();
        if (taken.isEmpty()) {
            refuse(proxy, slots.isDraining() ? new Refusal.Draining() : new Refusal.NoSlot(NoSlotReason.AT_CAPACITY));
            return;
        }
        try (var _ = taken.get()) {
            proxy.preparing();
            withBrowser(session, proxy, wanted);
        }
    }

    private void withBrowser(SessionId session, InboundConnection proxy, Wanted wanted) throws InterruptedException {
        var began = nanoTime.getAsLong();
        switch (pool.take(wanted.version(), wanted.wishes(), launchTimeout)) {
            case TakeResult.NoVersion(var available, var _) ->
                refuse(
                        proxy,
                        wanted.version()
                                .<Refusal>map(version -> new Refusal.NoVersion(version, available))
                                .orElse(new Refusal.NoSlot(NoSlotReason.UNREACHABLE)));
            case TakeResult.Fetching _ -> refuse(proxy, new Refusal.NoSlot(NoSlotReason.PREPARING));
            case TakeResult.Refused(var option, var why) -> refuse(proxy, new Refusal.RefusedOption(option, why));
            case TakeResult.LaunchFailed(var why) -> {
                LOG.atError()
                        .addKeyValue("code", "BROWSER_LAUNCH_FAILED")
                        .addKeyValue("cause", why)
                        .log("No browser could be launched for a session");
                proxy.answer(Answer.json(500, "{\"error\":\"browser launch failed\"}"));
            }
            case TakeResult.Taken(var browser) -> {
                try (browser) {
                    connect(session, proxy, wanted, browser, began);
                }
            }
        }
    }

    private void connect(SessionId session, InboundConnection proxy, Wanted wanted, PooledBrowser browser, long began)
            throws InterruptedException {
        var line = ready.take(browser.wsPath(), wanted.upgrade());
        if (line.isPresent()) {
            relay(session, proxy, wanted, browser, line.get(), began);
            return;
        }
        var target = new Dialer.Target("localhost", browser.wsPath(), wanted.upgrade(), forTheDriver(wanted));
        switch (dialer.dial(proxy.eventLoop(), browser.socket(), target, DRIVER_HANDSHAKE)) {
            case Dialled.Upgraded(var driver) -> relay(session, proxy, wanted, browser, driver, began);
            case Dialled.Answered(var head, var body) ->
                failed(proxy, "the driver answered " + head.status() + " " + body);
            case Dialled.Preparing() -> failed(proxy, "the driver did not finish its answer");
            case Dialled.Failed(var why) -> failed(proxy, "the driver's socket: " + why);
        }
    }

    /// Nothing of what a client sent but these: its launch options have become the browser's own by now.
    private List<Header> forTheDriver(Wanted wanted) {
        List<Header> fields = new ArrayList<>();
        wanted.agent().ifPresent(name -> fields.add(new Header("User-Agent", name)));
        fields.add(new Header("x-playwright-browser", type.wireName()));
        wanted.wishes().exposeNetwork().ifPresent(hosts -> fields.add(new Header("x-playwright-proxy", hosts)));
        return fields;
    }

    private static void failed(InboundConnection proxy, String why) {
        LOG.atError()
                .addKeyValue("code", "DRIVER_REFUSED")
                .addKeyValue("cause", why)
                .log("A browser's driver did not take a session");
        proxy.answer(Answer.json(500, "{\"error\":\"driver refused the session\"}"));
    }

    private void relay(
            SessionId session,
            InboundConnection proxy,
            Wanted wanted,
            PooledBrowser browser,
            OutboundConnection driver,
            long began)
            throws InterruptedException {
        try (driver) {
            var prepared = nanoTime.getAsLong() - began;
            var relay = relays.join(proxy, driver, wanted.fields());
            browser.onDeath(() -> relay.end(Ending.of(Cause.BROWSER_CRASHED)));
            if (shared) {
                ready.openAgain(browser.wsPath());
            }
            try (var _ = live.track(session, relay)) {
                var relayed = relay.await();
                log(browser, prepared, relayed, nanoTime.getAsLong() - began);
                releaseForALostProxy(session, relayed);
            }
        }
    }

    private void log(PooledBrowser browser, long prepared, Relayed relayed, long total) {
        LOG.atLevel(lines)
                .addKeyValue("code", "WORKER_SESSION_ENDED")
                .addKeyValue("playwright", browser.version())
                .addKeyValue("warm", browser.warm())
                .addKeyValue("browserPid", browser.pid())
                .addKeyValue("ending", relayed.ending().cause().words())
                .addKeyValue("prepareMs", TimeUnit.NANOSECONDS.toMicros(prepared) / 1_000.0)
                .addKeyValue("totalMs", TimeUnit.NANOSECONDS.toMicros(total) / 1_000.0)
                .addKeyValue("peakMemoryMiB", browser.peakBytes() >> 20)
                .log("Session ended on this worker");
    }

    /// A proxy that lives says goodbye; one that does not may have been killed, and nobody else would free its slots
    /// soon.
    private void releaseForALostProxy(SessionId session, Relayed relayed) {
        if (relayed.ending().cause() != Cause.CLIENT_LOST) {
            return;
        }
        try {
            registry.release(List.of(session));
        } catch (RegistryUnavailableException e) {
            LOG.atDebug().addKeyValue("cause", e.getMessage()).log("The lease of a lost proxy will run out by itself");
        }
    }
}
