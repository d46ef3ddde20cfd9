package dev.gatehouse.client;

/** What an informer calls, one at a time and in the order of the changes. Objects belong to its store and must not be altered. */
public interface Handlers<T> {
    /**
     * Gets what is new.
     *
     * @param initial whether it was there when the informer began
     */
    default void onAdd(T object, boolean initial) { }

    default void onUpdate(T old, T object) { }

    /** Gets the last state that the informer has seen. */
    default void onDelete(T last) { }

    /** Gets what one of the others threw. The informer goes on. */
    default void failed(RuntimeException x) { System.getLogger(Informer.class.getName()).log(System.Logger.Level.ERROR, "a handler failed", x); }

    /** Handlers that call one function at each change. */
    static <T> Handlers<T> changed(Runnable function) {
        return new Handlers<>() {
            @Override
            public void onAdd(T object, boolean initial) { function.run(); }

            @Override
            public void onUpdate(T old, T object) { function.run(); }

            @Override
            public void onDelete(T last) { function.run(); }
        };
    }
}
