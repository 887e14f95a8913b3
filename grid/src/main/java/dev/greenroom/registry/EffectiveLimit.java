package dev.greenroom.registry;

import dev.greenroom.session.SessionLimit;
import java.util.Locale;
import java.util.OptionalInt;

/// A limit of one worker as it holds, and who set it. Where both the worker and the grid's proxies set it, the smaller
/// one holds; where one of them did, that one; else the default.
public record EffectiveLimit(int value, Source source) {

    /// Who set a limit.
    public enum Source {
        WORKER,
        GRID,
        DEFAULT;

        /// The word in answers of the API.
        public String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// The limit that holds.
    ///
    /// @param worker what the worker set; empty where it set nothing
    /// @param grid what the proxies say
    public static EffectiveLimit of(OptionalInt worker, SessionLimit grid) {
        if (worker.isPresent() && (!grid.explicit() || worker.getAsInt() < grid.value())) {
            return new EffectiveLimit(worker.getAsInt(), Source.WORKER);
        }
        return new EffectiveLimit(grid.value(), grid.explicit() ? Source.GRID : Source.DEFAULT);
    }
}
