package dev.greenroom.session;

import java.util.Optional;
import java.util.Set;

/// On whose behalf a request that asks for no session of its own is answered.
///
/// @param tenant whose sessions it may see; empty for all
/// @param scopes what its token permits, as in `scope=`; empty where that does not matter
public record ApiCaller(Optional<String> tenant, Set<String> scopes) {
    /// May see all sessions.
    public static final ApiCaller ANYBODY = new ApiCaller(Optional.empty(), Set.of());

    private static final ScopedValue<ApiCaller> CURRENT = ScopedValue.newInstance();

    /// What is served for a caller.
    @FunctionalInterface
    public interface CallerScope {
        void run() throws InterruptedException;
    }

    /// Serves something for this caller.
    public void serve(CallerScope action) throws InterruptedException {
        ScopedValue.where(CURRENT, this).<Boolean, InterruptedException>call(() -> {
            action.run();
            return true;
        });
    }

    /// The caller that this thread serves.
    public static ApiCaller current() {
        return CURRENT.orElse(ANYBODY);
    }

    /// Whether it may see the sessions of all tenants.
    public boolean seesAll() {
        return tenant.isEmpty();
    }

    /// Whether it may see a session of this tenant.
    public boolean sees(String owner) {
        return seesAll() || tenant.get().equals(owner);
    }
}
