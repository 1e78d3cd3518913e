/** What of a project's settings decides over its static files, and whether it can be carried out without Python. */
import type { SourceTree } from 'pycontainer/python';
import type { Entry } from './applications.ts';
import { type Place, StaticInvalidError, StaticUnreadableError } from './errors.ts';
import { joinPath, normalizePath } from './python-url.ts';
import { RELEASES, type Release } from './references.ts';
import { readSettings, type Settings, type SettingsOptions } from './settings-module.ts';
import { PLAIN, type Storage, storageOf } from './storages.ts';
import { itemsOf, stringOf, truthOf, type Value } from './value.ts';

/** A folder of `STATICFILES_DIRS`. */
export interface Location {
  readonly prefix: string;
  /** Absolute, in the image. */
  readonly folder: string;
}

export interface StaticPlan {
  /** `STATIC_ROOT`, absolute, in the image. */
  readonly root: string;
  readonly place: Place;
  readonly finders: readonly ('folders' | 'applications')[];
  readonly locations: readonly Location[];
  readonly applications: readonly Entry[];
  readonly storage: Storage;
  /** Of the manifest storage. */
  readonly release?: Release;
  /** @throws StaticUnreadableError where it is not literal enough */
  staticUrl(): string;
  readonly keepsOnlyHashed: boolean;
}

/** Why there is nothing to collect. */
export interface NothingToCollect {
  readonly why: string;
  readonly place?: Place;
}

const FINDERS: ReadonlyMap<string, 'folders' | 'applications'> = new Map([
  ['django.contrib.staticfiles.finders.FileSystemFinder', 'folders'],
  ['django.contrib.staticfiles.finders.AppDirectoriesFinder', 'applications'],
]);
const INSTALLED = /^django\.contrib\.staticfiles(?:\.apps\.StaticFilesConfig)?$|StaticFiles\w*Config$/;

/**
 * @param django - the version that is locked
 * @throws StaticUnreadableError, StaticInvalidError, SourceError
 */
export async function planStatic(
  tree: SourceTree,
  module: string,
  django: string | undefined,
  options: SettingsOptions,
): Promise<StaticPlan | NothingToCollect> {
  if (tree.pathOf(module) === undefined) {
    throw new StaticUnreadableError(
      `the settings module \`${module}\``,
      undefined,
      "it is not among the project's sources",
    );
  }
  const settings = new Reader(await readSettings(tree, module, options), options.folder);
  const [root, place] = await settings.root();
  if (root === undefined)
    return { why: '`STATIC_ROOT` is not set', ...(place === undefined ? {} : { place }) };
  const applications = await settings.applications();
  if (!applications.some(({ text }) => INSTALLED.test(text))) {
    return { why: '`django.contrib.staticfiles` is not installed', place: place! };
  }
  if (root === '/') {
    throw new StaticInvalidError("`STATIC_ROOT` is the root of the image's file system", {
      hint: 'collect into a folder of its own, as in `STATIC_ROOT = BASE_DIR / "staticfiles"`',
      details: [place],
    });
  }
  const storage = await settings.storage(tree, django);
  const locations = await settings.locations();
  if (locations.some(({ folder }) => folder === root)) {
    throw new StaticInvalidError(
      '`STATICFILES_DIRS` names the folder of `STATIC_ROOT`, which Django refuses',
      {
        hint: 'collect into a folder of its own, as in `STATIC_ROOT = BASE_DIR / "staticfiles"`',
        details: [place],
      },
    );
  }
  const [url, relativeTo] = [await settings.get('STATIC_URL'), await settings.get('FORCE_SCRIPT_NAME')];
  return {
    root,
    place: place!,
    finders: await settings.finders(),
    locations,
    applications,
    storage,
    ...(storage.hasManifest
      ? { release: releaseOf(django, storage, settings.place('STORAGES') ?? place) }
      : {}),
    staticUrl: () => withScriptName(settings.text('STATIC_URL', url), relativeTo, settings),
    keepsOnlyHashed:
      storage.compresses && storage.hasManifest && (await settings.flag('WHITENOISE_KEEP_ONLY_HASHED_FILES')),
  };
}

/** A relative URL is below the script's name. */
function withScriptName(url: string, name: Value | undefined, settings: Reader): string {
  if (/^(?:https?:\/\/|\/)/.test(url)) return url;
  const isUnset = name === undefined || (name.kind === 'constant' && name.constant === null);
  const prefix = isUnset ? '/' : settings.text('FORCE_SCRIPT_NAME', name);
  return `${prefix.endsWith('/') ? prefix : `${prefix}/`}${url}`;
}

function releaseOf(django: string | undefined, { name }: Storage, place: Place | undefined): Release {
  const release = RELEASES.find((one) => django === one || django?.startsWith(`${one}.`) === true);
  if (release !== undefined) return release;
  const what = django === undefined ? 'Django, which is not locked' : `Django ${django}`;
  throw new StaticUnreadableError(
    `what \`${name}\` writes`,
    place,
    `its rules are known for Django ${RELEASES[0]} to ${RELEASES.at(-1)}, and not for ${what}`,
  );
}

/** Settings by name, as what they must be. */
class Reader {
  readonly #settings: Settings;
  readonly #folder: string;

  constructor(settings: Settings, folder: string) {
    this.#settings = settings;
    this.#folder = folder;
  }

  get(name: string): Promise<Value | undefined> {
    return this.#settings.get(name);
  }

  place(name: string): Place | undefined {
    return this.#settings.placeOf(name);
  }

  text(name: string, value: Value | undefined): string {
    const text = value === undefined ? undefined : stringOf(value);
    if (text === undefined || text === '') throw this.#unread(name, value, 'it is no text');
    return text;
  }

  async flag(name: string): Promise<boolean> {
    const value = await this.get(name);
    const truth = value === undefined ? false : truthOf(value);
    if (truth === undefined) throw this.#unread(name, value, 'it is neither true nor false');
    return truth;
  }

  async root(): Promise<readonly [root: string | undefined, place: Place | undefined]> {
    const value = await this.get('STATIC_ROOT');
    const place = this.place('STATIC_ROOT');
    if (value === undefined || truthOf(value) === false) return [undefined, place];
    const text = stringOf(value);
    if (text === undefined) throw this.#unread('STATIC_ROOT', value, 'it is no path');
    return [normalizePath(joinPath(this.#folder, text)), place];
  }

  async applications(): Promise<readonly Entry[]> {
    return (await this.#list('INSTALLED_APPS')).map((item) => {
      const place = this.place('INSTALLED_APPS')!;
      if (item.kind === 'text') return { text: item.text, place };
      throw this.#unread('INSTALLED_APPS', item, 'one of its items is no text');
    });
  }

  async finders(): Promise<readonly ('folders' | 'applications')[]> {
    if ((await this.get('STATICFILES_FINDERS')) === undefined) return ['folders', 'applications'];
    return (await this.#list('STATICFILES_FINDERS')).map((item) => {
      const finder = item.kind === 'text' ? FINDERS.get(item.text) : undefined;
      if (finder !== undefined) return finder;
      const why =
        item.kind === 'text'
          ? `only Python knows what \`${item.text}\` finds`
          : 'one of its items is no text';
      throw this.#unread('STATICFILES_FINDERS', item, why);
    });
  }

  async locations(): Promise<readonly Location[]> {
    const listed = (await this.#list('STATICFILES_DIRS')).map((item) => this.#location(item));
    // Django keeps one prefix for a folder that is named twice: the last one.
    const prefixes = new Map(listed.map(({ prefix, key }) => [key, prefix]));
    return listed.map(({ key, folder }) => ({ prefix: prefixes.get(key)!, folder }));
  }

  #location(item: Value): Location & { readonly key: string } {
    const pair = itemsOf(item);
    const [prefix, folder] = pair === undefined ? [undefined, item] : pair;
    const text = folder === undefined ? undefined : stringOf(folder);
    const before = prefix === undefined ? '' : stringOf(prefix);
    if (text === undefined || before === undefined || (pair !== undefined && pair.length !== 2)) {
      const open = [prefix, folder].find((one) => one?.kind === 'open') ?? item;
      throw this.#unread('STATICFILES_DIRS', open, 'one of its items is no path');
    }
    if (before.endsWith('/')) {
      throw new StaticInvalidError('a prefix in `STATICFILES_DIRS` ends with a slash, which Django refuses', {
        hint: `write \`${before.replace(/\/+$/, '')}\``,
      });
    }
    return {
      prefix: before,
      folder: normalizePath(joinPath(this.#folder, text)),
      key: `${folder!.kind} ${text}`,
    };
  }

  async storage(tree: SourceTree, django: string | undefined): Promise<Storage> {
    const [name, setting] = await this.#backend(django);
    const known = await storageOf(tree, name);
    if (known !== undefined) return known;
    throw this.#unread(setting, undefined, `only Python knows what \`${name}\` writes`);
  }

  /** `STORAGES` since 4.2, the earlier setting before 5.1. */
  async #backend(django: string | undefined): Promise<readonly [name: string, setting: string]> {
    const [major = 0, minor = 0] = (django ?? '5.1').split('.').map(Number);
    const isBefore51 = major < 5 || (major === 5 && minor < 1);
    const earlier = isBefore51 ? await this.get('STATICFILES_STORAGE') : undefined;
    if (earlier !== undefined) return [this.text('STATICFILES_STORAGE', earlier), 'STATICFILES_STORAGE'];
    const value = await this.get('STORAGES');
    if (value === undefined) return [PLAIN, 'STORAGES'];
    const storage = value.kind === 'dict' ? value.items.get('staticfiles') : value;
    if (storage === undefined) {
      throw new StaticInvalidError('`STORAGES` has no `staticfiles`, which Django refuses', {
        hint: `add \`"staticfiles": {"BACKEND": "${PLAIN}"}\``,
        details: [this.place('STORAGES')],
      });
    }
    if (storage.kind !== 'dict') throw this.#unread('STORAGES', storage, 'it is no dictionary');
    const options = storage.items.get('OPTIONS');
    if (options !== undefined && !(options.kind === 'dict' && options.items.size === 0)) {
      throw this.#unread('STORAGES', options, 'the storage has options');
    }
    return [this.text('STORAGES', storage.items.get('BACKEND')), 'STORAGES'];
  }

  async #list(name: string): Promise<readonly Value[]> {
    const value = await this.get(name);
    const items = value === undefined ? [] : itemsOf(value);
    if (items === undefined) throw this.#unread(name, value, 'it is no list');
    return items;
  }

  #unread(name: string, value: Value | undefined, why: string): StaticUnreadableError {
    const open = value?.kind === 'open' ? value : undefined;
    return new StaticUnreadableError(
      `\`${name}\``,
      open?.place ?? this.place(name),
      open?.why ?? why,
      open?.variable,
    );
  }
}
