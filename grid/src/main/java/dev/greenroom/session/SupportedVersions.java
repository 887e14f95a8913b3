package dev.greenroom.session;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// Which Playwright versions a worker serves.
public sealed interface SupportedVersions {

    /// Whether a client of this version can be served; one that does not name a version always can.
    boolean includes(Optional<PlaywrightVersion> version);

    /// Every version: what is not in the driver store is fetched on first use.
    record Any() implements SupportedVersions {
        @Override
        public boolean includes(Optional<PlaywrightVersion> version) {
            return true;
        }

        @Override
        public String toString() {
            return "any";
        }
    }

    /// These versions and no others.
    ///
    /// @param versions ascending, without duplicates
    record Only(List<PlaywrightVersion> versions) implements SupportedVersions {
        public Only {
            versions = List.copyOf(new TreeSet<>(versions));
        }

        @Override
        public boolean includes(Optional<PlaywrightVersion> version) {
            return version.isEmpty() || versions.contains(version.get());
        }

        @Override
        public String toString() {
            return String.join(",", versions.stream().map(Object::toString).toList());
        }
    }

    /// Reads `any` or a list such as `1.62,1.65`; empty when an entry is not a version or there is none.
    static Optional<SupportedVersions> of(String text) {
        if (text.strip().equals("any")) {
            return Optional.of(new Any());
        }
        Set<PlaywrightVersion> versions = new TreeSet<>();
        for (var entry : text.split(",", -1)) {
            var version = PlaywrightVersion.of(entry.strip());
            if (version.isEmpty()) {
                return Optional.empty();
            }
            versions.add(version.get());
        }
        return Optional.of(new Only(List.copyOf(versions)));
    }
}
