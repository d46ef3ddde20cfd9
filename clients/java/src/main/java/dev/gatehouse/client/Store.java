package dev.gatehouse.client;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** Objects by namespace and name, and by what indexes say. It is safe for concurrent use; its objects must not be altered. */
public sealed class Store<T extends ApiObject> permits Informer {
    private static final Comparator<Watcher.Key> ORDER = Comparator.comparing(Watcher.Key::namespace).thenComparing(Watcher.Key::name);

    private final Map<Watcher.Key, T> objects = new HashMap<>();
    private final Map<String, Index<T>> indexes = new HashMap<>();

    /** The keys of the objects by a word that a function says of them. */
    private record Index<T>(Function<T, Collection<String>> words, Map<String, Set<Watcher.Key>> keys) {
        void add(Watcher.Key key, T object) { words.apply(object).forEach(w -> keys.computeIfAbsent(w, x -> new HashSet<>()).add(key)); }

        void remove(Watcher.Key key, T object) {
            words.apply(object).forEach(w -> keys.computeIfPresent(w, (x, set) -> set.remove(key) && set.isEmpty() ? null : set));
        }
    }

    Store() { }

    /** Adds an index: a function says under which words an object is found. What is in the store already is in it too. */
    public final synchronized void addIndex(String name, Function<T, Collection<String>> words) {
        Index<T> index = new Index<>(words, new HashMap<>());
        objects.forEach(index::add);
        indexes.put(name, index);
    }

    /** The object of a name; null when there is none. The namespace of what lies in none is null. */
    public final synchronized T get(String namespace, String name) {
        return objects.get(new Watcher.Key(namespace == null ? "" : namespace, name));
    }

    /** All objects, by namespace and name. */
    public final synchronized List<T> list() { return sorted(objects.keySet()); }

    /** The objects that an index knows under a word, by namespace and name. */
    public final synchronized List<T> byIndex(String name, String word) {
        Index<T> index = indexes.get(name);
        return index == null ? List.of() : sorted(index.keys.getOrDefault(word, Set.of()));
    }

    public final synchronized int size() { return objects.size(); }

    private List<T> sorted(Collection<Watcher.Key> keys) {
        List<Watcher.Key> order = new ArrayList<>(keys);
        order.sort(ORDER);
        return order.stream().map(objects::get).toList();
    }

    /** Stores an object and returns the one before it. */
    final synchronized T put(Watcher.Key key, T object) {
        T old = objects.put(key, object);
        for (Index<T> index : indexes.values()) {
            if (old != null) index.remove(key, old);
            index.add(key, object);
        }
        return old;
    }

    final synchronized T remove(Watcher.Key key) {
        T old = objects.remove(key);
        if (old != null) indexes.values().forEach(index -> index.remove(key, old));
        return old;
    }
}
