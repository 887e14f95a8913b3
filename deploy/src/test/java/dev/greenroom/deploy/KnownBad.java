package dev.greenroom.deploy;

import java.util.List;

/// Versions with a known weakness.
///
/// @param coordinates group and artifact; `*` for every artifact of the group
/// @param line the beginning of the versions that this is about, empty for all
/// @param fixed the first version without it
record KnownBad(String coordinates, String line, String fixed, String why) {
    /// The committed list.
    static List<KnownBad> list() {
        return Clone.yaml("deploy/supply-chain/known-bad.json")
                .path("ranges")
                .valueStream()
                .map(it -> new KnownBad(
                        it.path("package").asString(),
                        it.path("line").asString(""),
                        it.path("fixed").asString(),
                        it.path("why").asString()))
                .toList();
    }

    boolean covers(Component component) {
        return isAbout(component.coordinates()) && component.version().startsWith(line) && component.isBelow(fixed);
    }

    private boolean isAbout(String others) {
        return coordinates.endsWith(":*")
                ? others.startsWith(coordinates.substring(0, coordinates.length() - 1))
                : others.equals(coordinates);
    }
}
