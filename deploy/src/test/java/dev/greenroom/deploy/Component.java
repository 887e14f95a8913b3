package dev.greenroom.deploy;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// A library in the bill of materials.
///
/// @param coordinates group and artifact, as Maven writes them
record Component(String coordinates, String version) {
    private static final Pattern NUMBER = Pattern.compile("\\d+");

    /// Every library that is shipped.
    static List<Component> shipped() {
        return of(Clone.text("grid/target/bom.json"));
    }

    static List<Component> of(String bom) {
        return new tools.jackson.databind.json.JsonMapper()
                .readTree(bom)
                .path("components")
                .valueStream()
                .map(it -> new Component(
                        it.path("group").asString() + ":" + it.path("name").asString(),
                        it.path("version").asString()))
                .distinct()
                .toList();
    }

    /// What is known against it, in words.
    Stream<String> findings(List<KnownBad> list) {
        return list.stream().filter(bad -> bad.covers(this)).map(bad -> coordinates + " " + version + ": " + bad.why());
    }

    boolean isBelow(String other) {
        var mine = numbers(version);
        var its = numbers(other);
        for (int i = 0; i < Math.max(mine.size(), its.size()); i++) {
            int difference = (i < mine.size() ? mine.get(i) : 0) - (i < its.size() ? its.get(i) : 0);
            if (difference != 0) {
                return difference < 0;
            }
        }
        return false;
    }

    private static List<Integer> numbers(String version) {
        var numbers = new ArrayList<Integer>();
        NUMBER.matcher(version).results().forEach(found -> numbers.add(Integer.parseInt(found.group())));
        return numbers;
    }
}
