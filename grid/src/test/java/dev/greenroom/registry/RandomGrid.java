package dev.greenroom.registry;

import dev.greenroom.registry.Registry.Acquisition.Granted;
import dev.greenroom.registry.Registry.Heartbeat;
import dev.greenroom.registry.Registry.HeldLease;
import dev.greenroom.registry.Registry.RegistryLimits;
import dev.greenroom.registry.Registry.SlotRequest;
import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.WorkerId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.random.RandomGenerator;

/// A random state of a grid and a random request: created in a registry by ordinary operations, and decided by
/// the plain model.
public final class RandomGrid {
    private static final int MAX_WORKERS = 6;
    private static final List<String> OFFERS = List.of("any", "any", "1.62", "1.60,1.62");
    private static final List<String> WISHES = List.of("", "1.60", "1.62", "1.65");

    private final RegistryLimits limits;
    private final List<Member> members = new ArrayList<>();
    private final SlotRequest request;

    private record Member(Heartbeat heartbeat, List<HeldLease> held, List<SessionId> ended) {}

    /// @param random decides everything
    public RandomGrid(RegistryLimits limits, RandomGenerator random) {
        this.limits = limits;
        Set<WorkerId> excluded = new HashSet<>();
        var count = random.nextInt(MAX_WORKERS + 1);
        for (var n = 0; n < count; n++) {
            var member = member("w" + n, random);
            members.add(member);
            if (random.nextInt(12) == 0) {
                excluded.add(member.heartbeat().worker());
            }
        }
        var version = PlaywrightVersion.of(WISHES.get(random.nextInt(WISHES.size())));
        request = new SlotRequest(session(random), BrowserType.CHROMIUM, version, excluded);
    }

    public static RegistryLimits limits(RandomGenerator random) {
        return RegistryFixtures.limits(1 + random.nextInt(5), 1 + random.nextInt(12));
    }

    /// What the model decides: a worker's name, or what the registry answers instead.
    public String expected() {
        var live = members.stream().map(this::asDocumented).toList();
        return DocumentedSelection.select(live, limits.maxLifetime().value())
                .orElse(live.isEmpty() ? "NoWorkers" : "AllTaken");
    }

    /// Brings an empty registry into this state and asks it for the slot.
    public String decidedBy(Registry registry) {
        members.forEach(member -> registry.heartbeat(member.heartbeat()));
        for (var member : members) {
            registry.renew(member.held());
            registry.release(member.ended());
        }
        members.forEach(member -> registry.heartbeat(member.heartbeat()));
        var answer = registry.acquire(request);
        return answer instanceof Granted granted
                ? granted.worker().name()
                : answer.getClass().getSimpleName();
    }

    /// Empties the registry again.
    public void leave(Registry registry) {
        List<SessionId> all = new ArrayList<>(List.of(request.session()));
        members.forEach(member -> member.held().forEach(lease -> all.add(lease.session())));
        registry.release(all);
        members.forEach(member -> registry.deregister(
                member.heartbeat().worker(), member.heartbeat().incarnation()));
    }

    @Override
    public String toString() {
        return limits + " " + request + " "
                + members.stream().map(this::asDocumented).toList();
    }

    private DocumentedSelection.Worker asDocumented(Member member) {
        var heartbeat = member.heartbeat();
        return new DocumentedSelection.Worker(
                heartbeat.worker().name(),
                heartbeat.status() == WorkerStatus.AVAILABLE,
                heartbeat.status() == WorkerStatus.AVAILABLE
                        && heartbeat.versions().includes(request.version())
                        && !request.excluded().contains(heartbeat.worker()),
                member.held().size() - member.ended().size(),
                member.held().size(),
                Math.min(
                        limits.maxConcurrent().value(), heartbeat.load().slots().orElseThrow()));
    }

    private Member member(String name, RandomGenerator random) {
        var worker = RegistryFixtures.worker(name);
        List<HeldLease> held = new ArrayList<>();
        var lifetime = random.nextInt(limits.maxLifetime().value() + 1);
        for (var n = 0; n < lifetime; n++) {
            held.add(new HeldLease(session(random), worker));
        }
        var active = Math.min(lifetime, random.nextInt(limits.maxConcurrent().value() + 1));
        var ended = held.subList(0, lifetime - active).stream()
                .map(HeldLease::session)
                .toList();
        var offer = OFFERS.get(random.nextInt(OFFERS.size()));
        var heartbeat = RegistryFixtures.roomFor(
                1 + random.nextInt(6), RegistryFixtures.serving(RegistryFixtures.beat(name), offer));
        return new Member(random.nextInt(8) == 0 ? RegistryFixtures.draining(heartbeat) : heartbeat, held, ended);
    }

    private static SessionId session(RandomGenerator random) {
        return new SessionId(new UUID(random.nextLong(), random.nextLong()));
    }
}
