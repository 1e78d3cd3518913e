import { describe, expect, it } from 'vitest';
import { parseMetadata } from '../../core/python/metadata.ts';
import { codeOf } from './conformance.ts';

const START = 'Metadata-Version: 2.4\nName: Pkg\nVersion: 1.0\n';

describe('METADATA', () => {
  it('is read in any case, with folded lines and either line end, up to the description', () => {
    const text =
      '\uFEFFMetadata-Version: 2.1\r\nNAME: My.Pkg\r\nversion: 1.0.post1\r\nLicense: first\r\n        second\r\n\tthird\r\n' +
      'Classifier: License :: OSI Approved :: MIT License\r\nClassifier: Typing :: Typed\r\n\r\nName: not this\r\n';
    expect(parseMetadata(text)).toMatchObject({
      name: 'My.Pkg',
      normalizedName: 'my-pkg',
      license: 'first\nsecond\nthird',
      classifiers: ['License :: OSI Approved :: MIT License', 'Typing :: Typed'],
      requiresDist: [],
    });
  });

  it('takes home page and author from wherever they are said', () => {
    const read = (more: string) => parseMetadata(START + more);
    expect(read('Home-page: https://a\nProject-URL: Homepage, https://b\n').homepage).toBe('https://a');
    expect(read('Home-page: UNKNOWN\nProject-URL: home page, https://b\n').homepage).toBe('https://b');
    expect(read('Project-URL: no comma\n').homepage).toBeUndefined();
    expect(read('Author: UNKNOWN\nMaintainer: Bo\n').author).toBe('Bo');
  });

  it('ends its headers at a line without a key, as Python does', () => {
    expect(
      parseMetadata(`${START}License: MIT\nPermission is hereby granted\nRequires-Dist: evil\n`).requiresDist,
    ).toEqual([]);
  });

  it('is refused without exactly one name and version, or of a later format', () => {
    const cases = [
      '',
      'Name: pkg\n',
      'Version: 1\n',
      `${START}Name: other\n`,
      `${START}Version: 1.0\n`,
      'Name: -pkg-\nVersion: 1\n',
      'Name: pkg\nVersion: one\n',
      'Metadata-Version: 3.0\nName: pkg\nVersion: 1\n',
      'Metadata-Version: two\nName: pkg\nVersion: 1\n',
      ' folded: first\nName: pkg\nVersion: 1\n',
    ];
    expect(cases.map((text) => codeOf(() => parseMetadata(text)))).toEqual(
      cases.map(() => 'PYC_METADATA_INVALID'),
    );
  });
});
