package dev.greenroom.proxy;

import dev.greenroom.proxy.access.AccessControl;
import dev.greenroom.proxy.client.ClientConnection;
import dev.greenroom.proxy.client.ClientConnection.ClientRequest;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.Refusal;
import dev.greenroom.session.Refusal.NoSlotReason;
import dev.greenroom.session.SupportedVersions;
import dev.greenroom.session.Tenant;
import dev.greenroom.session.WorkerId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/// Decides who may ask for a session. Safe for use by many threads.
final class Admission {
    private final AccessControl access;
    private final Registry registry;
    private final BrowserType defaultBrowser;
    private final BooleanSupplier overloaded;
    private final VersionRefusals versionRefusals;
    private volatile boolean draining;

    /// @param access decides who may connect at all
    /// @param overloaded whether this proxy has more to do already than it can
    /// @param nanoTime a clock that only goes forward
    public Admission(
            AccessControl access,
            Registry registry,
            BrowserType defaultBrowser,
            BooleanSupplier overloaded,
            LongSupplier nanoTime) {
        this.access = access;
        this.versionRefusals = new VersionRefusals(nanoTime);
        this.overloaded = overloaded;
        this.registry = registry;
        this.defaultBrowser = defaultBrowser;
    }

    /// The decision.
    public sealed interface Decision {
        /// May ask.
        ///
        /// @param browser what the session will be placed by
        /// @param pass counts the session for its tenant until it is closed
        /// @param unable workers that have refused the client's version lately
        record Admitted(ClientRequest request, BrowserType browser, AccessControl.Pass pass, Set<WorkerId> unable)
                implements Decision, AutoCloseable {
            /// On whose behalf the client asks.
            public Tenant tenant() {
                return pass.tenant();
            }

            @Override
            public void close() {
                pass.close();
            }
        }

        /// May not.
        record Refused(Refusal why) implements Decision {}
    }

    /// Considers a client.
    ///
    /// @throws dev.greenroom.registry.Registry.RegistryUnavailableException when the workers' versions are
    ///     not known
    public Decision consider(ClientConnection client) {
        return switch (access.session(
                client.connection().head(), client.remote().getAddress())) {
            case AccessControl.Verdict.Refused(var why) -> new Decision.Refused(why);
            case AccessControl.Verdict.OverLimit(var tenant, var why) -> {
                client.actFor(tenant);
                yield new Decision.Refused(why);
            }
            case AccessControl.Verdict.Allowed(var pass) -> {
                client.actFor(pass.tenant());
                yield withPass(client, pass);
            }
        };
    }

    /// Only who is admitted keeps the pass.
    private Decision withPass(ClientConnection client, AccessControl.Pass pass) {
        var keep = false;
        try {
            var decision = consider(client, pass);
            keep = decision instanceof Decision.Admitted;
            return decision;
        } finally {
            if (!keep) {
                pass.close();
            }
        }
    }

    private Decision consider(ClientConnection client, AccessControl.Pass pass) {
        if (draining) {
            return new Decision.Refused(new Refusal.Draining());
        }
        return switch (client.request()) {
            case ClientConnection.ReadRequest.Refused(var why) -> new Decision.Refused(why);
            case ClientConnection.ReadRequest.Request(var request) ->
                overloaded.getAsBoolean()
                        ? new Decision.Refused(new Refusal.NoSlot(NoSlotReason.OVERLOADED))
                        : versionChecked(request, pass);
        };
    }

    /// Nobody is refused for workers that have changed meanwhile.
    private Decision versionChecked(ClientRequest request, AccessControl.Pass pass) {
        var decision = versionChecked(request, pass, registry.knownWorkers());
        return decision instanceof Decision.Refused ? versionChecked(request, pass, registry.workers()) : decision;
    }

    private Decision versionChecked(ClientRequest request, AccessControl.Pass pass, List<WorkerRecord> workers) {
        var browser = request.browser().orElse(defaultBrowser);
        List<SupportedVersions> others = new ArrayList<>();
        var unable = new HashSet<WorkerId>();
        var available = new TreeSet<PlaywrightVersion>();
        var able = false;
        for (var worker : workers) {
            if (worker.worker().browser() != browser) {
                continue;
            }
            if (!worker.versions().includes(request.version())) {
                others.add(worker.versions());
                continue;
            }
            var refusal = request.version().flatMap(wanted -> versionRefusals.of(worker.worker(), wanted));
            if (refusal.isPresent()) {
                unable.add(worker.worker());
                available.addAll(refusal.get());
            } else if (worker.status() == WorkerStatus.AVAILABLE || unable.isEmpty()) {
                able = true;
            }
        }
        if (able || request.version().isEmpty() || (others.isEmpty() && unable.isEmpty())) {
            return new Decision.Admitted(request, browser, pass, Set.copyOf(unable));
        }
        available.addAll(named(others));
        return new Decision.Refused(new Refusal.NoVersion(request.version().get(), List.copyOf(available)));
    }

    /// A worker has refused a version. For a while, its clients are not sent there, and are refused at once
    /// when every worker has.
    ///
    /// @param available what that worker has instead
    public void versionRefused(WorkerId worker, PlaywrightVersion version, List<PlaywrightVersion> available) {
        versionRefusals.add(worker, version, available);
    }

    private static List<PlaywrightVersion> named(List<SupportedVersions> offers) {
        return offers.stream()
                .flatMap(offer ->
                        offer instanceof SupportedVersions.Only only ? only.versions().stream() : Stream.empty())
                .distinct()
                .sorted()
                .toList();
    }

    /// Refuses everyone from now on.
    public void drain() {
        draining = true;
    }

    /// Whether newcomers are refused.
    public boolean isDraining() {
        return draining;
    }
}
