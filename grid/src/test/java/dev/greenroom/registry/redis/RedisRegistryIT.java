package dev.greenroom.registry.redis;

import dev.greenroom.registry.Registry;
import dev.greenroom.registry.Registry.RegistryLimits;
import dev.greenroom.registry.RegistryFixtures;
import dev.greenroom.registry.SelectionContract;
import dev.greenroom.registry.SessionListContract;
import dev.greenroom.registry.WaitQueueContract;
import dev.greenroom.registry.WorkerContract;
import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.session.WorkerId;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;

@Tag("check")
final class RedisRegistryIT implements SelectionContract, WorkerContract, WaitQueueContract, SessionListContract {
    @RegisterExtension
    static final RedisTest redis = new RedisTest();

    private RegistryLimits limits = RegistryFixtures.limits(1, 1);

    @Override
    public Registry registry(RegistryLimits limits) {
        this.limits = limits;
        return redis.registry(limits);
    }

    @Override
    public void pass(Duration time) {
        redis.pass(time);
    }

    @Override
    public WorkerRecord record(Registry registry, WorkerId worker) {
        return redis.record(worker, limits);
    }

    @Override
    public void awaitHintsOf(Registry registry) {
        redis.awaitSubscription();
    }
}
