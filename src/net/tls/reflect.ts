/**
 * The metadata calls of ECMAScript's former decorators, as far as the X.509 library's dependency container uses them. The usual
 * polyfill patches the same global; this one is put there only right before the library is loaded.
 */
type Metadata = Map<unknown, Map<unknown, unknown>>;

interface ReflectWithMetadata {
  defineMetadata?: (key: unknown, value: unknown, target: object, property?: unknown) => void;
  getOwnMetadata?: (key: unknown, target: object, property?: unknown) => unknown;
  getMetadata?: (key: unknown, target: object, property?: unknown) => unknown;
  hasOwnMetadata?: (key: unknown, target: object, property?: unknown) => boolean;
  hasMetadata?: (key: unknown, target: object, property?: unknown) => boolean;
  metadata?: (key: unknown, value: unknown) => (target: object, property?: unknown) => void;
}

/** Idempotent; leaves an implementation that is already there alone. */
export function provideMetadata(): void {
  const reflect = Reflect as unknown as ReflectWithMetadata;
  if (reflect.getMetadata !== undefined) return;
  const store = new WeakMap<object, Metadata>();
  const own = (key: unknown, target: object, property: unknown): unknown => store.get(target)?.get(property)?.get(key);
  const inherited = (key: unknown, target: object, property: unknown): unknown => {
    for (let object: object | null = target; object !== null; object = Object.getPrototypeOf(object) as object | null) {
      const value = own(key, object, property);
      if (value !== undefined) return value;
    }
    return undefined;
  };
  reflect.defineMetadata = (key, value, target, property) => {
    let properties = store.get(target);
    if (properties === undefined) store.set(target, (properties = new Map()));
    let values = properties.get(property);
    if (values === undefined) properties.set(property, (values = new Map()));
    values.set(key, value);
  };
  reflect.getOwnMetadata = own;
  reflect.getMetadata = inherited;
  reflect.hasOwnMetadata = (key, target, property) => own(key, target, property) !== undefined;
  reflect.hasMetadata = (key, target, property) => inherited(key, target, property) !== undefined;
  reflect.metadata = (key, value) => (target, property) => reflect.defineMetadata!(key, value, target, property);
}
