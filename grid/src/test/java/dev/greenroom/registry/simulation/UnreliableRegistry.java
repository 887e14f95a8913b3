package dev.greenroom.registry.simulation;

import dev.greenroom.registry.Registry;
import dev.greenroom.registry.Registry.RegistryUnavailableException;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/// A connection to the registry that loses requests and replies, and is cut at times.
final class UnreliableRegistry {
    private static final int LOST_OF_1000 = 20;

    private final SubjectRegistry subject;
    private final RandomGenerator random;
    private final Tally tally;
    private boolean cut;
    private boolean lossless;

    UnreliableRegistry(SubjectRegistry subject, RandomGenerator random, Tally tally) {
        this.subject = subject;
        this.random = random;
        this.tally = tally;
    }

    /// @param cut whether nothing gets through
    void cut(boolean cut) {
        this.cut = cut;
    }

    /// @param lossless whether everything gets through that is not cut
    void lossless(boolean lossless) {
        this.lossless = lossless;
    }

    <T> T call(Function<Registry, T> operation) {
        if (cut) {
            throw new RegistryUnavailableException("cut", null);
        }
        var fate = lossless ? LOST_OF_1000 : random.nextInt(1000);
        if (fate < LOST_OF_1000 / 2) {
            tally.count("requests lost");
            throw new RegistryUnavailableException("request lost", null);
        }
        var reply = operation.apply(subject.registry());
        if (fate < LOST_OF_1000) {
            tally.count("replies lost");
            throw new RegistryUnavailableException("reply lost", null);
        }
        return reply;
    }

    /// An operation that may as well be lost; whoever depends on it tries again later.
    ///
    /// @return whether it is known to have been done
    boolean attempt(Consumer<Registry> operation) {
        try {
            return call(registry -> {
                operation.accept(registry);
                return true;
            });
        } catch (RegistryUnavailableException _) {
            return false;
        }
    }

    <T> T callOr(Function<Registry, T> operation, Supplier<T> otherwise) {
        try {
            return call(operation);
        } catch (RegistryUnavailableException _) {
            return otherwise.get();
        }
    }
}
